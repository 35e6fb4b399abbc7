/** Requests that are read well and refused, with the answer of Debian's qemu-ga 7.2.22. */
export interface DispatchError {
  readonly request: string;
  readonly errorClass: 'GenericError' | 'CommandNotFound';
  readonly desc: string;
}

const generic = (request: string, desc: string): DispatchError => ({ request, errorClass: 'GenericError', desc });
const notFound = (request: string, desc: string): DispatchError => ({ request, errorClass: 'CommandNotFound', desc });

export const DISPATCH_ERRORS: readonly DispatchError[] = [
  generic('[]', 'QMP input must be a JSON object'),
  generic('"guest-ping"', 'QMP input must be a JSON object'),
  generic('null ', 'QMP input must be a JSON object'),
  generic('7 ', 'QMP input must be a JSON object'),
  generic('{}', "QMP input lacks member 'execute'"),
  generic('{"id":3}', "QMP input lacks member 'execute'"),
  generic('{"execute":1}', "QMP input member 'execute' must be a string"),
  generic('{"execute":null}', "QMP input member 'execute' must be a string"),
  generic('{"execute":"guest-ping","arguments":[]}', "QMP input member 'arguments' must be an object"),
  generic('{"execute":"guest-ping","arguments":null}', "QMP input member 'arguments' must be an object"),
  generic('{"execute":"guest-nonsense","arguments":"x"}', "QMP input member 'arguments' must be an object"),
  generic('{"execute":"guest-ping","extra":1}', "QMP input member 'extra' is unexpected"),
  generic('{"exec-oob":"guest-ping"}', "QMP input member 'exec-oob' is unexpected"),
  generic('{"execute":"guest-ping","control":{}}', "QMP input member 'control' is unexpected"),
  generic('{"execute":"guest-ping","__proto__":{}}', "QMP input member '__proto__' is unexpected"),
  notFound('{"execute":"guest-nonsense"}', 'The command guest-nonsense has not been found'),
  notFound('{"execute":"GUEST-PING"}', 'The command GUEST-PING has not been found'),
  notFound('{"execute":"guest_ping"}', 'The command guest_ping has not been found'),
  notFound('{"execute":""}', 'The command  has not been found'),
  notFound('{"execute":"__proto__"}', 'The command __proto__ has not been found'),
  notFound('{"execute":"constructor"}', 'The command constructor has not been found'),
  generic('{"execute":"guest-sync"}', "Parameter 'id' is missing"),
  generic('{"execute":"guest-sync","arguments":{"foo":1}}', "Parameter 'id' is missing"),
  generic('{"execute":"guest-ping","arguments":{"foo":42}}', "Parameter 'foo' is unexpected"),
  generic('{"execute":"guest-sync","arguments":{"id":1,"foo":{}}}', "Parameter 'foo' is unexpected"),
  generic('{"execute":"guest-ping","arguments":{"constructor":1}}', "Parameter 'constructor' is unexpected"),
  ...['"x"', 'null', 'true', '1.0', '1.5', '1e3', '[]', '{}', '9223372036854775808', '18446744073709551616'].map((id) =>
    generic(`{"execute":"guest-sync","arguments":{"id":${id}}}`, "Invalid parameter type for 'id', expected: integer"),
  ),
  generic(
    '{"execute":"guest-sync-delimited","arguments":{"id":"x"}}',
    "Invalid parameter type for 'id', expected: integer",
  ),
];
