import { mutationSeeds } from "./s4-files.ts";
import { bytesOf, numberField, partsOf, type WirePart } from "./s4-wire.ts";

type Random = () => number;
const below = (random: Random, limit: number) => Math.floor(random() * limit);
function pick<T>(list: readonly T[], random: Random): T {
  const picked = list[below(random, list.length)];
  if (picked === undefined) throw new Error("there is nothing to pick from");
  return picked;
}

/** Numbers at which readers of lengths, sizes and types go wrong. */
const oddNumbers = [
  0n,
  1n,
  -1n,
  127n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 40n,
  2n ** 62n,
  -(2n ** 63n),
];
const longestPiece = 40;
const mostChanges = 4;

/** Takes bytes out at a place and puts others there. */
const splice = (bytes: Buffer, at: number, removed: number, put: Buffer) =>
  Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + removed)]);

/** Changes after which lengths are wrong and the rest is read as something else. */
const byteChanges: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => {
    const at = below(random, bytes.length);
    return splice(bytes, at, 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << below(random, 8))]));
  },
  (bytes, random) => splice(bytes, below(random, bytes.length), 1, Buffer.from([below(random, 256)])),
  (bytes, random) => splice(bytes, below(random, bytes.length), below(random, longestPiece), Buffer.of()),
  (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  (bytes, random) => Buffer.concat([bytes, pick(mutationSeeds, random)]),
];

/** Changes of single fields, after which the file is well formed and says something else. */
const partChanges: readonly ((
  parts: readonly WirePart[],
  at: number,
  random: Random,
) => readonly WirePart[])[] = [
  (parts, at) => parts.toSpliced(at, 1),
  (parts, at) => parts.toSpliced(at, 0, ...parts.slice(at, at + 1)),
  (parts, at, random) => {
    const from = below(random, parts.length);
    return parts.with(at, { ...(parts[from] ?? pick(parts, random)), number: parts[at]?.number ?? 1 });
  },
  (parts, at, random) => parts.with(at, numberField(parts[at]?.number ?? 1, pick(oddNumbers, random))),
  (parts, at, random) => parts.toSpliced(at, 0, numberField(1 + below(random, 26), pick(oddNumbers, random))),
  (parts, at, random) => parts.toSpliced(at, 0, pick(partsOf(pick(mutationSeeds, random)) ?? parts, random)),
];

/** Goes down by chance and changes one field there. */
function changePart(parts: readonly WirePart[], random: Random): readonly WirePart[] {
  if (parts.length === 0) return parts;
  const at = below(random, parts.length);
  const part = parts[at];
  if (part === undefined) return parts;
  const { content } = part;
  const isLeaf = Buffer.isBuffer(content);
  if (!isLeaf && random() < 0.8) {
    return parts.with(at, { ...part, content: changePart(content as readonly WirePart[], random) });
  }
  if (isLeaf && content.length > 0 && random() < 0.5) {
    return parts.with(at, { ...part, content: pick(byteChanges.slice(0, 2), random)(content, random) });
  }
  return pick(partChanges, random)(parts, at, random);
}

/** A small model with a few changes by chance: mostly of its fields, else of its bytes. */
export function mutatedModel(random: Random): Buffer {
  let bytes = pick(mutationSeeds, random);
  const ofBytes = random() < 0.25;
  for (let left = 1 + below(random, mostChanges); left > 0 && bytes.length > 0; left--) {
    const parts = ofBytes ? null : partsOf(bytes);
    bytes = parts === null ? pick(byteChanges, random)(bytes, random) : bytesOf(changePart(parts, random));
  }
  return bytes;
}
