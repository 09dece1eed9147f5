/** Model files for the limits, written without any library: a chain of square matrices with a sine between. */

function varint(number: number): Buffer {
  const bytes: number[] = [];
  let left = number;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
  return Buffer.from(bytes);
}

/** A field of the protocol buffer that an ONNX file is. Source of all numbers: the ONNX specification, onnx.proto3. */
const bytesField = (number: number, bytes: Buffer) =>
  Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
const textField = (number: number, text: string) => bytesField(number, Buffer.from(text));
const numberField = (number: number, value: number) => Buffer.concat([varint(number * 8), varint(value)]);

const float = 1;

function border(name: string, rows: number | null, width: number): Buffer {
  const dimension = (size: number | null) =>
    bytesField(1, size === null ? textField(2, "n") : numberField(1, size));
  const shape = Buffer.concat([dimension(rows), dimension(width)]);
  const tensor = Buffer.concat([numberField(1, float), bytesField(2, shape)]);
  return Buffer.concat([textField(1, name), bytesField(2, bytesField(1, tensor))]);
}

const node = (operator: string, inputs: readonly string[], output: string) =>
  Buffer.concat([
    ...inputs.map((input) => textField(1, input)),
    textField(2, output),
    textField(4, operator),
  ]);

interface ChainShape {
  readonly width: number;
  readonly links: number;
  /** Rows of every call; any number of them where null. */
  readonly rows: number | null;
  /** Tells files apart that are alike in all else. */
  readonly seed: number;
}

export function chainFile({ width, links, rows, seed }: ChainShape): Buffer {
  const weights = Buffer.alloc(width * width * 4);
  for (let at = 0; at < width * width; at++) {
    weights.writeFloatLE(Math.sin(at + seed) / Math.sqrt(width), at * 4);
  }
  const tensor = Buffer.concat([
    numberField(1, width),
    numberField(1, width),
    numberField(2, float),
    textField(8, "w"),
    bytesField(9, weights),
  ]);
  const nodes = Array.from({ length: links }, (_, at) => [
    bytesField(1, node("MatMul", [at === 0 ? "x" : `s${at - 1}`, "w"], `h${at}`)),
    bytesField(1, node("Sin", [`h${at}`], at === links - 1 ? "y" : `s${at}`)),
  ]).flat();
  const graph = Buffer.concat([
    ...nodes,
    textField(2, "g"),
    bytesField(5, tensor),
    bytesField(11, border("x", rows, width)),
    bytesField(12, border("y", rows, width)),
  ]);
  const opset = Buffer.concat([textField(1, ""), numberField(2, 17)]);
  return Buffer.concat([numberField(1, 8), bytesField(7, graph), bytesField(8, opset)]);
}
