import { NumberReader } from "./plain-numbers.ts";
import type { Datatype, InferenceRequest, Signature, Tensor } from "./tensor.ts";
import { rankLimit } from "./tensor.ts";
import { isJsonDatatype } from "./tensor-values.ts";

const idLimit = 256;
const [space, tab, lineFeed, carriageReturn, quoteMark, backslash] = [32, 9, 10, 13, 34, 92];
const [zero, nine, openArray] = [48, 57, 91];

type NamedTensor = readonly [name: string, tensor: Tensor];

/**
 * Reads the commonest wording of an inference request straight from its text: inputs with name, shape, datatype and
 * numbers, all outputs wanted, nothing beside them. That is many times faster than a general parser. Null for
 * everything else, right or wrong, which the exact reader reads or refuses; what is read here, it would read alike.
 */
export function readPlainRequest(text: string, signature: Signature): InferenceRequest | null {
  if (!signature.outputs.every(({ datatype }) => isJsonDatatype(datatype))) return null;
  const request = new PlainReader(text).request(signature);
  if (request === null || request.inputs.size !== signature.inputs.length) return null;
  return request;
}

/** Walks through a text; each method gives null, or false, at the first thing that is not plain. */
class PlainReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  request(signature: Signature): InferenceRequest | null {
    let id: string | null = null;
    let inputs: Map<string, Tensor> | null = null;
    if (!this.#take("{")) return null;
    do {
      if (inputs === null && this.#key('"inputs"')) {
        inputs = this.#inputs(signature);
        if (inputs === null) return null;
      } else if (id === null && this.#key('"id"')) {
        id = this.#string();
        if (id === null || id.length > idLimit) return null;
      } else return null;
    } while (this.#take(","));
    if (!this.#take("}") || inputs === null) return null;
    this.#skip();
    if (this.#at !== this.#text.length) return null;
    const outputs = signature.outputs.map(({ name }) => name);
    return { inputs, outputs, binary: noneBinary, ...(id === null ? {} : { id }) };
  }

  #inputs(signature: Signature): Map<string, Tensor> | null {
    const inputs = new Map<string, Tensor>();
    if (!this.#take("[")) return null;
    do {
      const input = this.#input(signature);
      if (input === null || inputs.has(input[0])) return null;
      inputs.set(input[0], input[1]);
    } while (this.#take(","));
    return this.#take("]") ? inputs : null;
  }

  #input({ inputs }: Signature): NamedTensor | null {
    let [name, datatype, shape, tensor]: [string | null, string | null, number[] | null, Tensor | null] = [
      null,
      null,
      null,
      null,
    ];
    if (!this.#take("{")) return null;
    do {
      if (name === null && this.#key('"name"')) name = this.#string();
      else if (datatype === null && this.#key('"datatype"')) datatype = this.#string();
      else if (shape === null && this.#key('"shape"')) shape = this.#shape();
      else if (tensor === null && this.#key('"data"')) {
        const spec = inputs.find((one) => one.name === name);
        if (spec === undefined || spec.datatype !== datatype || shape === null) return null;
        if (!fits(shape, spec.shape)) return null;
        tensor = this.#tensor(spec.datatype, shape);
        if (tensor === null) return null;
      } else return null;
    } while (this.#take(","));
    return this.#take("}") && name !== null && tensor !== null ? [name, tensor] : null;
  }

  #shape(): number[] | null {
    const shape: number[] = [];
    if (!this.#take("[")) return null;
    do {
      const dimension = this.#dimension();
      if (dimension === null || shape.length === rankLimit) return null;
      shape.push(dimension);
    } while (this.#take(","));
    return this.#take("]") ? shape : null;
  }

  #dimension(): number | null {
    const first = this.#skip();
    if (first <= zero || first > nine) return null;
    let value = 0;
    for (let digits = 0; digits < 9; digits++) {
      const code = this.#text.charCodeAt(this.#at);
      if (!(code >= zero && code <= nine)) return value;
      value = value * 10 + code - zero;
      this.#at++;
    }
    return null;
  }

  #tensor(datatype: Datatype, shape: readonly number[]): Tensor | null {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    // Each value has a digit and what ends it: a shape that lies costs no memory.
    if (size * 2 > this.#text.length - this.#at) return null;
    const numbers = NumberReader.of(datatype, size, this.#text);
    if (numbers === null || this.#skip() !== openArray) return null;
    const isNested = shape.length > 1 && nextCode(this.#text, this.#at + 1) === openArray;
    const isRead = isNested ? this.#level(shape, 0, numbers) : this.#row(size, numbers);
    return isRead ? ({ datatype, shape, data: numbers.data } as Tensor) : null;
  }

  #level(shape: readonly number[], depth: number, numbers: NumberReader): boolean {
    const length = shape[depth] ?? 0;
    if (depth === shape.length - 1) return this.#row(length, numbers);
    if (!this.#take("[")) return false;
    for (let index = 0; index < length; index++) {
      if (index > 0 && !this.#take(",")) return false;
      if (!this.#level(shape, depth + 1, numbers)) return false;
    }
    return this.#take("]");
  }

  #row(length: number, numbers: NumberReader): boolean {
    if (!this.#take("[")) return false;
    const end = numbers.read(this.#at, length);
    this.#at = Math.max(end, 0);
    return end >= 0 && this.#take("]");
  }

  /** A text of printable ASCII without escapes. */
  #string(): string | null {
    if (this.#skip() !== quoteMark) return null;
    const start = this.#at + 1;
    for (let at = start; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === quoteMark) {
        this.#at = at + 1;
        return this.#text.slice(start, at);
      }
      if (code < space || code > 126 || code === backslash) return null;
    }
    return null;
  }

  #key(quoted: string): boolean {
    return this.#take(quoted) && this.#take(":");
  }

  #take(word: string): boolean {
    this.#skip();
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  /** Passes over white space; the code of what comes then. */
  #skip(): number {
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== space && code !== lineFeed && code !== carriageReturn && code !== tab) return code;
    }
  }
}

const noneBinary: ReadonlySet<string> = new Set();

const fits = (shape: readonly number[], wanted: readonly number[]) =>
  shape.length === wanted.length && wanted.every((one, at) => one === -1 || one === shape[at]);

/** The code of the first thing from a place on that is not white space. */
function nextCode(text: string, from: number): number {
  for (let at = from; ; at++) {
    const code = text.charCodeAt(at);
    if (code !== space && code !== lineFeed && code !== carriageReturn && code !== tab) return code;
  }
}
