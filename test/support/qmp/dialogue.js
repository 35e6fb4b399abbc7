/**
 * What a test says to a QMP server, and what QEMU's own server must answer alike: everything about reading, ids,
 * negotiation and errors that does not depend on the commands behind it. Source: QEMU docs/interop/qmp-spec.rst.
 */
export const BEFORE_NEGOTIATION = [
  '{"execute":"query-version","id":1}',
  '{"execute":}',
  '{"foo":1,"id":"x"}',
  '[]',
  '5 ',
  '{"id":7}',
  '{"execute":5,"id":[1,{"a":null}]}',
  '{"execute":"qmp_capabilities","arguments":5,"id":1}',
  '{"execute":"qmp_capabilities","arguments":{"enable":5}}',
  '{"execute":"qmp_capabilities","arguments":{"foo":1}}',
  '{"exec-oob":"query-version","id":2}',
  '\xff',
  '{"execute":"nonsense","id":9}',
  '{"execute":"query-version","execute":"x"}',
  '{"execute":"query-version","id":[[[\x01',
  "{'execute':'qmp_capabilities','id':{'a':[true,false,null],'b':1.5}}",
];

export const AFTER_NEGOTIATION = [
  '{"execute":"qmp_capabilities","id":3}',
  '{"execute":"query-version","id":-9223372036854775808}',
  '{"execute":"query-version","id":18446744073709551615}',
  '{"execute":"nonsense","id":null}',
  '{"execute":"query-version","arguments":{"x":1}}',
  '{"execute":"query-version"}{"execute":"query-version","id":2}',
  '{"execute":"query-version","id":"\\u20ac\\u0001\xe2\x82\xac"}',
  '{"exec-oob":"query-version","id":2}',
  '{"execute":"a","exec-oob":"query-version","id":2}',
  '{"execute":"query-version","control":1}',
  '{"execute":""}',
  'abc ',
  '{"execute":"query-version" "id":1}',
];

/**
 * An answer as far as two servers must agree: a version's content is the server's own, all else is not.
 * @param {string} line
 */
export function comparable(line) {
  return line
    .replace(/\{"qemu": \{[^}]*\}, "package": "[^"]*"\}/, 'VERSION')
    .replace(/"capabilities": \[[^\]]*\]/, 'CAPABILITIES');
}
