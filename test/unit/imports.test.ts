import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

/** Top folder -> the top folders whose modules it may import (besides itself). ARCHITECTURE.md has the picture. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  protocol: ['shared'],
  'system-agent': ['protocol', 'shared'],
  'session-agent': ['protocol', 'shared'],
  host: ['protocol', 'shared'],
};

/** The parts of shared that are pure, and so open to protocol. */
const PURE = /^shared\/(errors\.ts|schema\/|json\/|bytes\/)/;

/** A dependency is known to one folder only, so that it can be replaced. */
const PACKAGE_HOME: Readonly<Record<string, RegExp>> = {
  koffi: /^shared\/native\//,
  pino: /^shared\/log\//,
  msgpackr: /^protocol\/ipc\//,
  x11: /^session-agent\/desktop\/x11\//,
  clipboardy: /^session-agent\/desktop\/wayland\/clipboard\/programs\.ts$/,
  'dbus-next': /^shared\/dbus\/(codec|dbus-next\.d)\.ts$/,
};

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** Path from the top for our own modules, else the specifier. */
  readonly target: string;
}

function* importsOf(folder: string): Generator<Import> {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const from = path.join(folder, name);
    const text = readFileSync(from, 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:from\s*|import\s*\(?\s*)'([^']+)'/g)) {
      const target = specifier.startsWith('#')
        ? specifier.slice(1)
        : specifier.startsWith('.')
          ? path.join(path.dirname(from), specifier)
          : specifier;
      yield { from, specifier, target };
    }
  }
}

const isOurs = ({ specifier }: Import) => specifier.startsWith('#') || specifier.startsWith('.');

describe('imports', () => {
  for (const [folder, others] of Object.entries(MAY_IMPORT)) {
    it(`${folder} imports only ${[...others, 'itself'].join(' and ')}`, () => {
      const imports = [...importsOf(folder)];
      assert.ok(imports.length > 0);
      const wrong = imports
        .filter(isOurs)
        .filter(({ target }) => ![folder, ...others].includes(target.split('/')[0] ?? ''));
      assert.deepEqual(wrong, []);
    });
  }

  it('protocol is pure: no module of Node but node:buffer, and only the pure parts of shared', () => {
    const wrong = [...importsOf('protocol')].filter(
      ({ target }) =>
        (target.startsWith('node:') && target !== 'node:buffer') ||
        (target.startsWith('shared/') && !PURE.test(target)),
    );
    assert.deepEqual(wrong, []);
  });

  it("a system's own files are imported by platform/ only", () => {
    const wrong = [...importsOf('system-agent')].filter(
      ({ from, target }) =>
        /\/linux\.ts$/.test(target) && isFeature(target) && !from.startsWith('system-agent/platform/'),
    );
    assert.deepEqual(wrong, []);
  });

  it('features know no door, and doors do not know each other', () => {
    const doors = ['qga', 'ovirt', 'vdagent'];
    const top = (file: string) => file.split('/')[1] ?? '';
    const wrong = [...importsOf('system-agent')].filter(({ from, target }) => {
      if (!target.startsWith('system-agent/') || !doors.includes(top(target))) return false;
      const roots = ['agent.ts', 'main.ts', 'qemu-ga', 'config-face'];
      return ![top(target), ...roots].includes(top(from));
    });
    assert.deepEqual(wrong, []);
  });

  it('a package is imported in its one home only', () => {
    const wrong = Object.keys(MAY_IMPORT)
      .flatMap((folder) => [...importsOf(folder)])
      .filter((one) => !isOurs(one) && !one.specifier.startsWith('node:'))
      .filter(({ from, specifier }) => !PACKAGE_HOME[specifier.split('/')[0] ?? '']?.test(from));
    assert.deepEqual(wrong, []);
  });
});

function isFeature(target: string): boolean {
  return target.split('/').length === 3 && !target.startsWith('system-agent/platform/');
}
