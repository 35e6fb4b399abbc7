import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Property } from 'x11';
import { x11 } from '#session-agent/desktop/x11/backend.ts';
import { PROPERTY_CHANGE, parseDisplayName, XConnection } from '#session-agent/desktop/x11/connection.ts';
import { silent } from '#shared/log/log.ts';
import { needsXvfb, startXvfb } from '#test/support/desktop/x-server.ts';
import { until } from '#test/support/programs.ts';

const never = new AbortController().signal;
const REPLACE = 0;
const NOW = 0;
const NONE = 0;
const ANY_TYPE = 0;
const TEXT = 'Grüße';
const NAMES = [
  ...['CLIPBOARD', 'MULTIPLE', 'ATOM_PAIR', 'UTF8_STRING', 'STRING', 'TARGETS', 'image/png'],
  ...['LIST', 'ONE', 'TWO', 'THREE', 'FOUR'],
] as const;
type Name = (typeof NAMES)[number];

/** An application that asks the owner of the clipboard for several targets at once (ICCCM 2.6.2); no common tool does. */
class Requestor implements AsyncDisposable {
  private constructor(
    private readonly x: XConnection,
    private readonly window: number,
    private readonly atoms: Readonly<Record<Name, number>>,
  ) {}

  static async open(env: Readonly<Record<string, string>>): Promise<Requestor> {
    const x = await XConnection.open(parseDisplayName(env.DISPLAY ?? ''), env, silent, never);
    return new Requestor(x, x.createWindow(PROPERTY_CHANGE).id, await x.atoms(NAMES));
  }

  /**
   * @param pairs target and property of each conversion
   * @returns the property of each pair that the owner leaves in the list; undefined when it refuses the whole
   */
  async ask(pairs: readonly (readonly [Name, Name])[], type: Name = 'ATOM_PAIR'): Promise<number[] | undefined> {
    const { x, window, atoms } = this;
    const list = pairs.flatMap(([target, into]) => [atoms[target], atoms[into]]);
    x.client.ChangeProperty(REPLACE, window, atoms.LIST, atoms[type], 32, list);
    let answer: number | undefined;
    using _listening = x.listen((event) => {
      if (event.name === 'SelectionNotify' && 'requestor' in event) answer = event.property;
    });
    x.client.ConvertSelection(window, atoms.CLIPBOARD, atoms.MULTIPLE, atoms.LIST, NOW);
    await until(() => answer !== undefined, 'the answer');
    if (answer === NONE) return undefined;
    const { data } = await this.#read('LIST');
    return pairs.map((_, at) => data.readUInt32LE(8 * at + 4));
  }

  async text(name: Name): Promise<string> {
    const { data } = await this.#read(name);
    return data.toString(name === 'TWO' ? 'latin1' : 'utf8');
  }

  atom(name: Name): number {
    return this.atoms[name];
  }

  #read(name: Name): Promise<Property> {
    return this.x.ask('property', (client, done) =>
      client.GetProperty(1, this.window, this.atoms[name], ANY_TYPE, 0, 1000, done),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.x[Symbol.asyncDispose]();
  }
}

describe('an application that asks for several targets at once', { skip: needsXvfb }, () => {
  it('gets each of them that there is, and None for the others', async () => {
    await using server = await startXvfb();
    await using desktop = await x11.open({ env: server.env, log: silent }, never);
    await using requestor = await Requestor.open(server.env);
    desktop.clipboard?.watch({ took: () => {}, copied: () => {}, cleared: () => {} });
    await desktop.clipboard?.offer('clipboard', ['text'], async () => Buffer.from(TEXT));
    const into = await requestor.ask([
      ['UTF8_STRING', 'ONE'],
      ['STRING', 'TWO'],
      ['image/png', 'THREE'],
      ['MULTIPLE', 'FOUR'],
      ['TARGETS', 'FOUR'],
    ]);
    const [one, two, four] = (['ONE', 'TWO', 'FOUR'] as const).map((name) => requestor.atom(name));
    assert.deepEqual(into, [one, two, NONE, NONE, four]);
    assert.deepEqual([await requestor.text('ONE'), await requestor.text('TWO')], [TEXT, TEXT]);
    assert.equal(await requestor.text('THREE'), '');
  });

  it('is refused as a whole when its list is no list of pairs, or too long', async () => {
    await using server = await startXvfb();
    await using desktop = await x11.open({ env: server.env, log: silent }, never);
    await using requestor = await Requestor.open(server.env);
    desktop.clipboard?.watch({ took: () => {}, copied: () => {}, cleared: () => {} });
    await desktop.clipboard?.offer('clipboard', ['text'], async () => Buffer.from(TEXT));
    const pair = ['UTF8_STRING', 'ONE'] as const;
    assert.equal(await requestor.ask([pair], 'STRING'), undefined);
    assert.equal(await requestor.ask(Array(33).fill(pair)), undefined);
    assert.equal((await requestor.ask(Array(32).fill(pair)))?.length, 32);
  });
});
