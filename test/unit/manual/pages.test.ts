import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FACES } from '../../../faces.ts';
import { manualFiles } from '../../../installer/manual/index.ts';
import { PAGES } from '../../../installer/manual/pages.ts';
import { text } from '../../../installer/manual/roff.ts';

const FILES = manualFiles({ version: '1.2.3', date: new Date(0) });

describe('the manual', () => {
  for (const { name } of FACES.filter(({ summary }) => summary !== undefined)) {
    it(`has a page for the face ${name}`, () => {
      assert.ok(PAGES.some((page) => page.name === name || page.name === `uga-${name}`));
    });
  }

  it('has every option that a command line has, and none that is not available', () => {
    for (const page of PAGES) {
      const file = FILES.find(({ path }) => path.endsWith(`/${page.name}.${page.section}`));
      for (const option of page.commandLine?.options ?? []) {
        const isThere = file?.text.includes(text(`--${option.name}`));
        assert.equal(isThere, !option.unavailable, `${page.name} --${option.name}`);
      }
    }
  });

  it('refers only to pages that it has or that other packages have', () => {
    const others = ['virsh(1)', 'remote-viewer(1)'];
    const ours = PAGES.map(({ name, section }) => `${name}(${section})`);
    for (const { name, seeAlso } of PAGES) {
      for (const page of seeAlso) assert.ok([...ours, ...others].includes(page), `${name} refers to ${page}`);
    }
  });

  it('is the same for the same version and date', () => {
    assert.deepEqual(manualFiles({ version: '1.2.3', date: new Date(0) }), FILES);
  });

  it('escapes what roff would read as a request or an escape', () => {
    assert.equal(text('.so /etc/passwd'), '\\&.so /etc/passwd');
    assert.equal(text("'x"), "\\&'x");
    assert.equal(text('a\\nb -c'), 'a\\enb \\-c');
  });
});
