"""What a process that reads one file does, and such a process by itself:
`python -m pegboard.documents.parsing.child SUFFIX LIMITS PARENT`.

The file is its standard input, so it needs no right to any path. It writes lines of `wire`.
"""

import os
import sys
from collections.abc import Iterator
from typing import BinaryIO

from pegboard.documents.formats import Read, reader_of
from pegboard.documents.formats.faults import DamagedFile, UnreadableFile
from pegboard.documents.formats.sections import Section, in_pieces
from pegboard.documents.formats.signatures import check
from pegboard.documents.parsing import reasons
from pegboard.documents.parsing.confinement import confine, lower_priority
from pegboard.documents.parsing.limits import Limits
from pegboard.documents.parsing.wire import End, Fault, Line, Ready, encode


def main(suffix: str, limits: Limits, parent: int) -> None:
    lower_priority()
    read_file(suffix, limits, parent=parent)


def read_file(suffix: str, limits: Limits, *, parent: int) -> None:
    """Standard input to standard output, confined. `parent` is whoever it has to die with."""
    output = _private_output()
    # Not sys.stdin: that is still what a fork server was started with.
    file = os.fdopen(0, "rb", closefd=False)
    read = reader_of(suffix)
    confine(limits, parent=parent)
    output.write(encode(Ready()))
    output.flush()
    size = 0
    for line in _lines(read, file, suffix):
        data = encode(line)
        size += len(data)
        if size > limits.output:
            data = encode(Fault(reasons.too_much_text(limits.output)))
        output.write(data)
        if size > limits.output:
            break
    output.flush()


def _private_output() -> BinaryIO:
    """Our own way out; what a library prints goes to stderr."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return output


def _lines(read: Read, file: BinaryIO, suffix: str) -> Iterator[Line]:
    try:
        check(file, suffix)
        yield from _clean(read(file, suffix))
    except UnreadableFile as error:
        yield Fault(error.message, error.detail)
    except MemoryError:
        yield Fault(reasons.MEMORY)
    except RecursionError:
        yield Fault(reasons.DEPTH)
    except GeneratorExit:
        raise
    except Exception as error:
        yield Fault(DamagedFile(suffix).message, repr(error))
    except BaseException as error:  # a panic in Rust, for want of memory as well
        yield Fault(reasons.ABORT, repr(error))
    else:
        yield End()


def _clean(sections: Iterator[Section]) -> Iterator[Section]:
    for section in sections:
        bare = Section(
            section.text.replace("\x00", ""),
            section.heading and section.heading.replace("\x00", "")[:1_000],
            section.place and section.place.replace("\x00", "")[:1_000],
        )
        yield from (piece for piece in in_pieces(bare) if piece.text.strip())


if __name__ == "__main__":
    main(sys.argv[1], Limits.from_json(sys.argv[2]), int(sys.argv[3]))
