import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RunningAgent, startConfinedAgent } from '#test/support/agents.ts';
import { residentKib } from '#test/support/processes.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { RawClient } from '#test/support/raw-client.ts';

const FLOOD = 20_000;
const FILES = 3;
const NAMES = 5;

const scratch = temporaryFolder();
const at = (name: string) => path.join(scratch.path, name);

describe('a host that asks without end', () => {
  let agent: RunningAgent;
  before(async () => {
    mkdirSync(at('write'));
    writeFileSync(
      at('policy.conf'),
      `[allow put]\ncommand=guest-file-open\npath=${at('write')}\nrate=${FILES}/d\n` +
        `[allow names]\ncommand=guest-get-host-name\nrate=${NAMES}/d\n`,
    );
    agent = await startConfinedAgent(scratch.path, undefined, '--policy', at('policy.conf'));
  });
  after(async () => {
    await agent[Symbol.asyncDispose]();
    scratch[Symbol.dispose]();
  });

  it('gets what the rates leave it and a refusal for all else, while other commands are answered', async () => {
    using host = await RawClient.connect(agent.socket);
    const round = (n: number) =>
      JSON.stringify({ execute: 'guest-file-open', arguments: { path: at(`write/${n}`), mode: 'w' } }) +
      JSON.stringify({ execute: 'guest-get-host-name' }) +
      JSON.stringify({ execute: 'guest-ping' });
    const before = residentKib(agent.program.pid);
    const answers: Record<string, { return?: unknown; error?: { desc: string } }>[] = [];
    for (let done = 0; done < FLOOD; done += 1000) {
      host.send(Array.from({ length: 1000 }, (_, n) => round(done + n)).join(''));
      const lines = (await host.lines(3000)).map((line) => JSON.parse(line));
      for (let n = 0; n < lines.length; n += 3) {
        const [open, name, ping] = lines.slice(n);
        answers.push({ open, name, ping });
      }
    }
    const allowed = (what: string) => answers.filter((one) => one[what]?.return !== undefined).length;
    assert.deepEqual([allowed('open'), allowed('name'), allowed('ping')], [FILES, NAMES, FLOOD]);
    for (const { open, name } of answers.slice(NAMES)) {
      assert.match(open?.error?.desc ?? '', /more than 3\/d: \[allow put\]/);
      assert.match(name?.error?.desc ?? '', /more than 5\/d: \[allow names\]/);
    }
    assert.equal(readdirSync(at('write')).length, FILES);
    const grown = residentKib(agent.program.pid) - before;
    assert.ok(grown < 64 * 1024, `${grown} KiB more`);
  });

  it('does not fill the audit with it', () => {
    const files = readdirSync(agent.folder, { recursive: true, encoding: 'utf8' }).filter((name) => /audit/.test(name));
    const lines = files
      .map((name) => path.join(agent.folder, name))
      .filter((file) => file.endsWith('.log') || file.endsWith('.jsonl'))
      .flatMap((file) => readFileSync(file, 'utf8').split('\n'));
    assert.ok(lines.length > FILES, `an audit with the ${FILES} files in it: ${files}`);
    assert.ok(lines.length < FLOOD / 10, `${lines.length} lines`);
  });
});
