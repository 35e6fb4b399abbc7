/**
 * A service on a bus, on an implementation of D-Bus that is not the product's and in a process of its own, because any
 * peer can crash it. Started with the bus's address; commands come as IPC messages and each is answered when it is done.
 */
import { createRequire } from 'node:module';

const native = createRequire(import.meta.url)('@homebridge/dbus-native');

const bus = native.createClient({ busAddress: process.argv[2] });
bus.connection.on('error', () => process.exit(1));
bus.connection.on('end', () => process.exit(0));

/**
 * What is answered to `path interface member`: a signature and a body, the name of an error, or nothing at all.
 * @type {Map<string, { signature?: string, body?: unknown[], error?: string, silent?: boolean }>}
 */
const answers = new Map();

const [dispatch] = bus.connection.listeners('message');
bus.connection.removeAllListeners('message');
bus.connection.on('message', (/** @type {any} */ message) => {
  if (message.type !== 1) return dispatch(message);
  const answer = answers.get(`${message.path} ${message.interface} ${message.member}`);
  if (answer?.silent) return;
  if (answer?.body === undefined) {
    bus.sendError(message, answer?.error ?? 'org.freedesktop.DBus.Error.UnknownObject', 'no such thing');
  } else bus.sendReply(message, answer.signature, answer.body);
});

/** @type {Record<string, (command: any) => Promise<unknown>>} */
const commands = {
  own: ({ name }) => new Promise((done) => bus.requestName(name, 4, done)),
  release: ({ name }) => new Promise((done) => bus.releaseName(name, done)),
  answer: async ({ key, ...answer }) => answers.set(key, answer),
  /** All answers, or those that were given by name. */
  forget: async ({ keys = [...answers.keys()] }) => {
    for (const key of keys) answers.delete(key);
  },
  /** With `to` the signal goes to one connection, whether it has asked for it or not. */
  emit: async ({ path, interface: iface, member, signature, body, to }) =>
    bus.connection.message({
      type: 4,
      serial: bus.serial++,
      path,
      interface: iface,
      member,
      signature,
      body,
      ...(to && { destination: to }),
    }),
  call: (message) => new Promise((done) => bus.invoke(message, (/** @type {any} */ error) => done(error?.name ?? ''))),
};

process.on('disconnect', () => process.exit(0));
process.on('message', async (/** @type {any} */ { command, ...rest }) => {
  const result = await commands[command]?.(rest);
  process.send?.({ result: typeof result === 'string' ? result : '' });
});
// A round trip: the bus knows this peer now.
bus.invokeDbus({ member: 'GetId' }, () => process.send?.({ result: bus.name }));
