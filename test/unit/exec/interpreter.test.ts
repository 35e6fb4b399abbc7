import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { interpreterOf } from '#system-agent/exec/interpreter.ts';

const head = (file: string) => readFileSync(file).subarray(0, 4096);

describe('the interpreter', () => {
  for (const [text, expected] of [
    ['#!/bin/sh\n', '/bin/sh'],
    ['#! \t/usr/bin/env -S node\n', '/usr/bin/env'],
    ['#!/opt/größe', '/opt/größe'],
    ['#!\n/bin/sh', undefined],
    ['# !/bin/sh', undefined],
    ['', undefined],
    ['\x7fELF', undefined],
  ] as const) {
    it(`of ${JSON.stringify(text)} is ${expected}`, () => assert.equal(interpreterOf(Buffer.from(text)), expected));
  }

  it('of a program is the dynamic linker that is mapped into it', () => {
    const linker = interpreterOf(head('/bin/cat')) ?? assert.fail();
    assert.match(linker, /^\/.*\/ld[^/]*\.so[^/]*$/);
    assert.ok(execFileSync('/bin/cat', ['/proc/self/maps']).toString().includes(linker.replace(/^.*\//, '')));
  });

  it('is not looked for beyond what is there', () => {
    const whole = head('/bin/cat');
    for (let size = 0; size < 1024; size++) interpreterOf(whole.subarray(0, size));
    const lies = Buffer.from(whole);
    lies.fill(0xff, 5, 64);
    assert.equal(interpreterOf(lies), undefined);
  });
});
