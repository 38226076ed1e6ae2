// Runs MultiPL-E's JavaScript tests against a program in another box, as examiner.py does for
// Python: assert.deepEqual compares here, on plain values.
"use strict";
const fs = require("node:fs");
const { inspect } = require("node:util");
const vm = require("node:vm");
const { Channel, Ended, TooLong, decode, encode } = require("./plain.js");

const UNDER_TEST = /let candidate = ([A-Za-z_$][\w$]*);/;

// What an answer of each kind brings.
const READERS = {
  __proto__: null,
  value: decode,
  compile: String,
  odd: String,
  raised: ([name, message]) => Object.assign(new Error(String(message)), { name: String(name) }),
};

// Ends the examination.
class Verdict extends Error {
  constructor(reason, detail = "") {
    super(detail);
    this.reason = reason;
  }
}

class Program {
  constructor(channel) {
    this.channel = channel;
    this.raised = undefined;
    this.asked = false;
  }

  call(name, args) {
    this.asked = true;
    return this.ask({ call: name, args: encode(args) });
  }

  ask(request) {
    const [kind, content] = this.exchange(request);
    if (kind === "value") return content;
    if (kind === "compile") throw new Verdict("does not compile", content);
    if (kind === "odd") throw new Verdict("not a plain value", `the answer is of type ${content}`);
    this.raised = content;
    throw content;
  }

  exchange(request) {
    try {
      if (request !== null) this.channel.send(request);
      const answer = this.channel.receive();
      const [kind] = Object.keys(answer);
      return [kind, READERS[kind](answer[kind])];
    } catch (error) {
      if (error instanceof Ended || error.code === "EPIPE") throw new Verdict("ended early");
      if (error instanceof TooLong) throw new Verdict("output limit", "the answer is too long");
      throw new Verdict("not a plain value", "the answer is not in the form of answers");
    }
  }
}

function examine(job, program) {
  const tests = prepare(job, program);
  try {
    program.ask(null);
    tests.runInThisContext();
  } catch (error) {
    if (error instanceof Verdict) return error;
    if (error === program.raised) return new Verdict("exception", String(error));
    return new Verdict("wrong answer", failed(error));
  }
  if (!program.asked) return new Verdict("broken tests", "they ask the program nothing");
  return new Verdict("passed");
}

function prepare(job, program) {
  const name = (UNDER_TEST.exec(job.tests) ?? [])[1] ?? job.entry_point;
  if (!name) throw new Verdict("broken tests", "they do not name the function under test");
  globalThis.require = require;
  globalThis[name] = (...args) => program.call(name, args);
  try {
    return new vm.Script(job.tests, { filename: "tests.js" });
  } catch (error) {
    throw new Verdict("broken tests", String(error));
  }
}

function failed(error) {
  if (error.code !== "ERR_ASSERTION") return String(error);
  return `the answer was ${shortened(error.actual)}, ${shortened(error.expected)} was wanted`;
}

function shortened(value) {
  const text = inspect(value, { depth: 5, breakLength: Infinity, maxStringLength: 300 });
  return text.length <= 300 ? text : `${text.slice(0, 300)}...`;
}

function main() {
  const [readFd, writeFd, reportFd] = process.argv.slice(2).map(Number);
  const job = JSON.parse(fs.readFileSync(0, "utf8"));
  let verdict;
  try {
    verdict = examine(job, new Program(new Channel(readFd, writeFd, job.longest)));
  } catch (error) {
    if (!(error instanceof Verdict)) throw error;
    verdict = error;
  }
  fs.writeSync(reportFd, JSON.stringify([verdict.reason, verdict.message.slice(0, 1000)]));
  process.exit(0);
}

main();
