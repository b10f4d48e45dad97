// Ask for embeddings with a published client; arguments: address, key, where the package is.
const [url, key, place] = process.argv.slice(2);
const { createRequire } = await import("node:module");
const { OpenAI } = createRequire(import.meta.url)(place);

const client = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 });
const asked = { model: "text-embedding-3-small", input: ["Zebras zigzag.", "Ants eat."] };

function told(answer) {
  const vectors = answer.data.map((one) => one.embedding);
  return {
    model: answer.model,
    indexes: answer.data.map((one) => one.index),
    dims: vectors.map((vector) => vector.length),
    lengths: vectors.map((vector) => Math.round(Math.hypot(...vector) * 1000) / 1000),
    usage: [answer.usage.prompt_tokens, answer.usage.total_tokens],
  };
}

const usual = await client.embeddings.create(asked);
const plain = await client.embeddings.create({ ...asked, encoding_format: "float" });
const short = await client.embeddings.create({ ...asked, dimensions: 256 });
let moderated = "answered";
try {
  await client.moderations.create({ input: "x" });
} catch (error) {
  moderated = error.message;
}
console.log(JSON.stringify([told(usual), told(plain), told(short), moderated]));
