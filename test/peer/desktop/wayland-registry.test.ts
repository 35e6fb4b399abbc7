import assert from 'node:assert/strict';
import { it } from 'node:test';
import { WaylandConnection } from '#session-agent/desktop/wayland/connection.ts';
import { Registry } from '#session-agent/desktop/wayland/registry.ts';
import { silent } from '#shared/log/log.ts';
import { needsSway, startSway } from '#test/support/desktop/sway.ts';
import { runClient } from '#test/support/desktop/x-server.ts';
import { without } from '#test/support/programs.ts';

it('a compositor offers us what it offers wayland-info', { skip: needsSway || without('wayland-info') }, async () => {
  await using sway = await startSway();
  const text = (await runClient(sway.env, ['wayland-info'])).toString();
  const told = [...text.matchAll(/interface: '(\w+)',\s+version:\s+(\d+),\s+name:\s+(\d+)/g)].map(
    ([, name = '', version, number]) => ({ name: Number(number), interface: name, version: Number(version) }),
  );
  assert.ok(told.length > 20);
  using connection = WaylandConnection.open(sway.socket, silent);
  const registry = await Registry.of(connection);
  for (const global of told)
    assert.ok(registry.all({ name: global.interface }).some((one) => one.name === global.name));
  assert.deepEqual(
    told.flatMap(({ interface: name }) => registry.all({ name }).slice(0, 1)).map(({ version }) => version),
    told.map(({ version }) => version),
  );
});
