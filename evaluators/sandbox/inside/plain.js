// Plain values as JSON, and lines of it over two pipes: what may cross from a program to its
// examiner. JSON has no undefined, NaN, -0, Map and so on, so everything beyond null, booleans,
// strings, ordinary numbers and arrays is an object of one entry that names the type. Functions,
// promises, generators and boxed primitives (whose valueOf decides a loose comparison) are refused.
"use strict";
const fs = require("node:fs");

const { isArray } = Array;
const { keys, is } = Object;
const { parse, stringify } = JSON;
const { readSync, writeSync } = fs;
const tagOf = Function.prototype.call.bind(Object.prototype.toString);

class NotPlain extends Error {}
class TooLong extends Error {}
class Ended extends Error {}

function encode(value) {
  if (value === undefined) return { undefined: 0 };
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return { bigint: String(value) };
  if (typeof value === "number") return encodeNumber(value);
  if (typeof value !== "object") throw new NotPlain(typeof value);
  if (isArray(value)) return Array.from(value, encode);
  const tag = tagOf(value).slice("[object ".length, -1);
  if (tag === "Map") return { map: Array.from(value, ([key, item]) => [encode(key), encode(item)]) };
  if (tag === "Set") return { set: Array.from(value, encode) };
  if (tag === "Object") return { object: keys(value).map((key) => [key, encode(value[key])]) };
  throw new NotPlain(tag);
}

function encodeNumber(value) {
  return Number.isFinite(value) && !is(value, -0) ? value : { number: is(value, -0) ? "-0" : String(value) };
}

function decode(data) {
  if (data === null || typeof data !== "object") return data;
  if (isArray(data)) return data.map(decode);
  const [[kind, content], ...more] = Object.entries(data);
  if (more.length) throw new TypeError("not an encoded value");
  return DECODERS[kind](content);
}

const DECODERS = {
  __proto__: null,
  undefined: () => undefined,
  bigint: (text) => BigInt(text),
  number: (text) => Number(text),
  map: (pairs) => new Map(pairs.map(([key, item]) => [decode(key), decode(item)])),
  set: (items) => new Set(items.map(decode)),
  object: (pairs) => Object.fromEntries(pairs.map(([key, item]) => [key, decode(item)])),
};

// One end of the two pipes.
class Channel {
  constructor(readFd, writeFd, longest) {
    this.readFd = readFd;
    this.writeFd = writeFd;
    this.longest = longest;
    this.pending = Buffer.alloc(0);
    this.chunk = Buffer.alloc(1 << 16);
  }

  send(message) {
    let left = Buffer.from(stringify(message) + "\n");
    while (left.length) left = left.subarray(writeSync(this.writeFd, left));
  }

  receive() {
    const parts = [this.pending];
    let size = this.pending.length;
    while (!parts.at(-1).includes(10)) {
      const read = readSync(this.readFd, this.chunk);
      if (read === 0) throw new Ended();
      parts.push(Buffer.from(this.chunk.subarray(0, read)));
      if ((size += read) > this.longest) throw new TooLong();
    }
    const whole = Buffer.concat(parts);
    const end = whole.indexOf(10);
    this.pending = whole.subarray(end + 1);
    return parse(whole.toString("utf8", 0, end));
  }
}

module.exports = { Channel, Ended, NotPlain, TooLong, decode, encode };
