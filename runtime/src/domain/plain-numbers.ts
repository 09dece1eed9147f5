import type { Datatype } from "./tensor.ts";

type Numbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

const makers: ReadonlyMap<Datatype, (size: number) => Numbers> = new Map<Datatype, (size: number) => Numbers>(
  [
    ["FP32", (size) => new Float32Array(size)],
    ["FP64", (size) => new Float64Array(size)],
    ["INT8", (size) => new Int8Array(size)],
    ["INT16", (size) => new Int16Array(size)],
    ["INT32", (size) => new Int32Array(size)],
    ["UINT8", (size) => new Uint8Array(size)],
    ["UINT16", (size) => new Uint16Array(size)],
    ["UINT32", (size) => new Uint32Array(size)],
  ],
);

const [space, tab, lineFeed, carriageReturn] = [32, 9, 10, 13];
const [zero, nine, point, comma, minus, plus, capitalE, smallE] = [48, 57, 46, 44, 45, 43, 69, 101];

/** Whole numbers of so many digits are held by a double exactly. */
const exactDigits = 15;
/** Powers of ten that a double holds exactly. */
const powers = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
const exactPower = powers.length - 1;
/** Digits past these change a double's value by less than `slack` lets pass. */
const usedDigits = 19;
/** Exponents past this are all alike. */
const exponentLimit = 100_000;
/** More than the relative error of a number put together from two parts, and far less than an FP32's last bit. */
const slack = 2 ** -48;

/**
 * Reads numbers of JSON into a typed array, each exactly as `JSON.parse` and an assignment would: with few digits by
 * one multiplication or division that rounds once (W. D. Clinger, "How to read floating point numbers accurately",
 * 1990); with more, where the last bit of an FP32 is certain all the same; else by the language's own conversion.
 */
export class NumberReader {
  readonly data: Numbers;
  readonly #text: string;
  readonly #isSingle: boolean;
  readonly #isFloat: boolean;
  #filled = 0;
  /** Where the number ends that was read last. */
  #end = 0;
  /** Its first digits that count, those after them, how many there are, and the power of ten to take them by. */
  #head = 0;
  #tail = 0;
  #digits = 0;
  #power = 0;

  private constructor(data: Numbers, text: string) {
    this.data = data;
    this.#text = text;
    this.#isSingle = data instanceof Float32Array;
    this.#isFloat = this.#isSingle || data instanceof Float64Array;
  }

  /** Null for datatypes that are no plain numbers. */
  static of(datatype: Datatype, size: number, text: string): NumberReader | null {
    const make = makers.get(datatype);
    return make === undefined ? null : new NumberReader(make(size), text);
  }

  /** Reads so many numbers with commas between them; the place after the last one, or -1 where they are no such. */
  read(from: number, count: number): number {
    const { data } = this;
    let at = from;
    for (let index = 0; index < count; index++) {
      if (index > 0) {
        at = afterSpace(this.#text, at);
        if (this.#text.charCodeAt(at++) !== comma) return -1;
      }
      const value = this.#number(afterSpace(this.#text, at));
      const place = this.#filled++;
      data[place] = value;
      // What the datatype does not hold is for the exact reader to refuse.
      if (this.#isFloat ? !Number.isFinite(data[place]) : data[place] !== value) return -1;
      at = this.#end;
    }
    return at;
  }

  /** NaN for what is no number of JSON's. */
  #number(start: number): number {
    const text = this.#text;
    const isNegative = text.charCodeAt(start) === minus;
    const first = isNegative ? start + 1 : start;
    this.#head = 0;
    this.#tail = 0;
    this.#digits = 0;
    this.#power = 0;
    let at = text.charCodeAt(first) === zero ? first + 1 : this.#take(first, 0);
    if (at === first) return Number.NaN;
    if (text.charCodeAt(at) === point) {
      const from = at + 1;
      at = this.#take(from, -1);
      if (at === from) return Number.NaN;
    }
    const code = text.charCodeAt(at);
    if (code === smallE || code === capitalE) {
      at = this.#exponent(at + 1);
      if (at < 0) return Number.NaN;
    }
    this.#end = at;
    const size = this.#size();
    // Where the last bit is in doubt, the language knows.
    if (Number.isNaN(size)) return Number(text.slice(start, at));
    return isNegative ? -size : size;
  }

  /** Takes digits in, each of which moves the power of ten so far; the place after them. */
  #take(from: number, move: number): number {
    const text = this.#text;
    let [at, head, tail, digits, power] = [from, this.#head, this.#tail, this.#digits, this.#power];
    for (let code = text.charCodeAt(at); code >= zero && code <= nine; code = text.charCodeAt(++at)) {
      power += move;
      if (digits < exactDigits) head = head * 10 + code - zero;
      else if (digits < usedDigits) tail = tail * 10 + code - zero;
      else power++;
      if (head > 0) digits++;
    }
    this.#head = head;
    this.#tail = tail;
    this.#digits = digits;
    this.#power = power;
    return at;
  }

  /** Adds an exponent to the power of ten; the place after it, or -1. */
  #exponent(from: number): number {
    const text = this.#text;
    const sign = text.charCodeAt(from);
    const first = sign === minus || sign === plus ? from + 1 : from;
    let at = first;
    let exponent = 0;
    for (let code = text.charCodeAt(at); code >= zero && code <= nine; code = text.charCodeAt(++at)) {
      if (exponent < exponentLimit) exponent = exponent * 10 + code - zero;
    }
    this.#power += sign === minus ? -exponent : exponent;
    return at === first ? -1 : at;
  }

  /** The number without its sign; NaN where that takes more than one exact step. */
  #size(): number {
    const [digits, power] = [this.#digits, this.#power];
    if (digits === 0) return 0;
    if (power > exactPower || power < -exactPower) return Number.NaN;
    if (digits <= exactDigits) return scale(this.#head, power);
    if (!this.#isSingle) return Number.NaN;
    const tailDigits = Math.min(digits, usedDigits) - exactDigits;
    const nearly = scale(this.#head * powerOf(tailDigits) + this.#tail, power);
    const single = Math.fround(nearly * (1 - slack));
    return single === Math.fround(nearly * (1 + slack)) ? single : Number.NaN;
  }
}

const powerOf = (exponent: number) => powers[exponent] ?? Number.NaN;
const scale = (value: number, power: number) =>
  power < 0 ? value / powerOf(-power) : value * powerOf(power);

function afterSpace(text: string, from: number): number {
  for (let at = from; ; at++) {
    const code = text.charCodeAt(at);
    if (code !== space && code !== lineFeed && code !== carriageReturn && code !== tab) return at;
  }
}
