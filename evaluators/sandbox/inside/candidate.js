// Runs a model-written JavaScript program as a server of calls, as candidate.py does for Python.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");
const { Channel, Ended, NotPlain, decode, encode } = require("./plain.js");

const LONGEST = 2 ** 26;
const { exit } = process;

function main() {
  const [readFd, writeFd] = process.argv.slice(2).map(Number);
  const channel = new Channel(readFd, writeFd, LONGEST);
  const code = fs.readFileSync(0, "utf8");
  process.argv.length = 1;
  Object.assign(globalThis, { require, module: { exports: {} }, exports: {} });
  let answer = load(code);
  for (;;) {
    channel.send(answer);
    answer = attempt(() => call(receive(channel)));
  }
}

function load(code) {
  let script;
  try {
    script = new vm.Script(code, { filename: "solution.js" });
  } catch (error) {
    return { compile: String(error) };
  }
  return attempt(() => void script.runInThisContext());
}

function receive(channel) {
  try {
    return channel.receive();
  } catch (error) {
    exit(error instanceof Ended ? 0 : 1);
  }
}

// The name is looked up as a later script would: const and class at the top level are found, too.
function call(request) {
  const callee = vm.runInThisContext(request.call);
  return callee(...decode(request.args));
}

function attempt(work) {
  let value;
  try {
    value = work();
  } catch (error) {
    return { raised: said(error) };
  }
  try {
    return { value: encode(value) };
  } catch (error) {
    return { odd: error instanceof NotPlain ? error.message : "something that cannot be read" };
  }
}

function said(error) {
  try {
    return [String(error.name), String(error.message).slice(0, 500)];
  } catch {
    return ["Error", "an exception that cannot be shown"];
  }
}

main();
