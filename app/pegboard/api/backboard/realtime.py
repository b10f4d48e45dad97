"""Sessions over WebSockets, which this server does not have: refused before they open."""

from fastapi import APIRouter, WebSocket
from starlette.responses import JSONResponse

router = APIRouter()


@router.websocket("/threads/realtime")
async def refuse_realtime(websocket: WebSocket) -> None:
    await _refuse(websocket, "realtime sessions")


@router.websocket("/threads/messages")
async def refuse_voice(websocket: WebSocket) -> None:
    await _refuse(websocket, "voice sessions")


async def _refuse(websocket: WebSocket, feature: str) -> None:
    detail = f"This server has no {feature}"
    await websocket.send_denial_response(JSONResponse({"detail": detail}, status_code=501))
