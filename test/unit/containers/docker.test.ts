import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parseContainers } from '#system-agent/containers/docker.ts';
import { linuxContainers } from '#system-agent/containers/linux.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const answer = (body: string, status = '200 OK') =>
  `HTTP/1.0 ${status}\r\nContent-Type: application/json\r\n\r\n${body}`;

describe("the container service's answer", () => {
  it('is its list, and a member that is not as it should be is empty', () => {
    const list = [
      {
        Id: 'a1',
        Names: ['/web', '/net/alias'],
        Image: 'nginx',
        Command: 'nginx -g',
        Status: 'Up 2 hours',
        State: 'running',
      },
      { Id: 7, Names: 'x', Image: null, Command: 'y'.repeat(10_000) },
      null,
    ];
    const nothing = { id: '', names: [], image: '', command: '', status: '' };
    assert.deepEqual(parseContainers(answer(JSON.stringify(list))), [
      { id: 'a1', names: ['/web', '/net/alias'], image: 'nginx', command: 'nginx -g', status: 'Up 2 hours' },
      { ...nothing, command: 'y'.repeat(512) },
      nothing,
    ]);
  });

  for (const [response, code] of [
    ['', 'malformed'],
    ['nonsense\r\n\r\n[]', 'malformed'],
    [answer('{}'), 'malformed'],
    [answer('[1,'), 'malformed'],
    [answer('{"message":"no"}', '500 Internal Server Error'), 'failed'],
  ] as const) {
    it(`${JSON.stringify(response)} is ${code}`, () => assert.throws(() => parseContainers(response), { code }));
  }
});

describe('the container service', () => {
  it('is asked on the first socket that is there and ours; without one there are no containers', async () => {
    using folder = temporaryFolder();
    const socket = path.join(folder.path, 'docker.sock');
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.end(JSON.stringify([{ Id: 'a1', Names: ['/web'] }]));
    });
    const uid = process.getuid?.() ?? 0;
    try {
      assert.deepEqual(await linuxContainers([socket], uid).list(), []);
      await new Promise<void>((resolve) => server.listen(socket, resolve));
      const containers = linuxContainers([path.join(folder.path, 'none'), socket], uid);
      const [first, second] = await Promise.all([containers.list(), containers.list()]);
      assert.deepEqual(first, [{ id: 'a1', names: ['/web'], image: '', command: '', status: '' }]);
      assert.deepEqual(second, first);
      assert.deepEqual(asked, ['/containers/json?all=true']);
      assert.deepEqual(await linuxContainers([socket], uid + 1).list(), [], 'somebody else may listen there');
    } finally {
      server.close();
    }
  });

  it('that gives no end is given up, and so is one that has gone', async () => {
    using folder = temporaryFolder();
    const socket = path.join(folder.path, 'docker.sock');
    const flood = Buffer.alloc(1 << 20, 'x');
    const server = createSocketServer((client) => {
      const more = (): unknown => !client.destroyed && client.write(flood, () => more());
      client.on('error', () => {});
      more();
    });
    try {
      await new Promise<void>((resolve) => server.listen(socket, resolve));
      const containers = linuxContainers([socket], process.getuid?.() ?? 0);
      await assert.rejects(containers.list(), { code: 'failed', message: /has no end/ });
    } finally {
      server.close();
    }
  });
});
