/**
 * Input that a QEMU guest agent must answer with parse errors, and the replies of the real one. `replies` are what
 * Debian's qemu-ga 7.2.22 wrote, shortened to the text after "JSON parse error, "; `ok` stands for the answer to a
 * guest-ping. The peer tests send the same bytes to the qemu-ga that is installed.
 */
export interface Malformed {
  readonly name: string;
  readonly bytes: Buffer;
  readonly replies: readonly string[];
}

const PING = '{"execute":"guest-ping"}';

function bytes(...parts: (string | number)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part, 'utf8'))));
}

export const MALFORMED: readonly Malformed[] = [
  { name: '0xFF alone', bytes: bytes(0xff), replies: ["stray '\ufffd'"] },
  {
    name: 'three 0xFF',
    bytes: bytes(0xff, 0xff, 0xff),
    replies: ["stray '\ufffd'", "stray '\ufffd'", "stray '\ufffd'"],
  },
  {
    name: 'half a string, then 0xFF',
    bytes: bytes('{"execute":"guest-info', 0xff),
    replies: ["stray '\"guest-info\ufffd'"],
  },
  {
    name: 'half a request, ESC, a request',
    bytes: bytes('{"execute":"guest-ping"', 0x1b, PING),
    replies: ["stray '\u001b'", 'ok'],
  },
  { name: 'NUL before a request', bytes: bytes(0, PING), replies: ["stray ''", 'ok'] },
  {
    name: 'a byte order mark before a request',
    bytes: bytes(0xef, 0xbb, 0xbf, PING),
    replies: ["stray '\ufffd'", 'ok'],
  },
  { name: 'a comment before a request', bytes: bytes('/* c */ ', PING), replies: ["stray '/'", 'ok'] },
  { name: 'an HTTP request', bytes: bytes('GET / HTTP/1.1\r\n\r\n'), replies: ["stray 'G'"] },
  { name: 'a word', bytes: bytes('foo\n'), replies: ["invalid keyword 'foo'"] },
  { name: 'a closing brace', bytes: bytes('}'), replies: ['expecting value'] },
  { name: 'a closing bracket', bytes: bytes(']'), replies: ['expecting value'] },
  { name: 'a comma', bytes: bytes(','), replies: ['expecting value'] },
  { name: 'a colon', bytes: bytes(':'), replies: ['expecting value'] },
  { name: 'a request and one brace too many', bytes: bytes(PING, '}'), replies: ['ok', 'expecting value'] },
  { name: 'a missing colon', bytes: bytes('{"execute" "guest-ping"}'), replies: ['missing : in object pair'] },
  { name: 'an unquoted key', bytes: bytes('{execute:"guest-ping"}'), replies: ["invalid keyword 'execute'"] },
  { name: 'a trailing comma in an object', bytes: bytes('{"execute":"guest-ping",}'), replies: ['expecting value'] },
  { name: 'a missing value', bytes: bytes('{"a":}'), replies: ['expecting value'] },
  { name: 'a trailing comma in an array', bytes: bytes('[1,]'), replies: ['expecting value'] },
  { name: 'a missing comma in an object', bytes: bytes('{"a":1 "b":2}'), replies: ['expected separator in dict'] },
  { name: 'an object closed by a bracket', bytes: bytes('{"a":1]'), replies: ['expected separator in dict'] },
  { name: 'a missing comma in an array', bytes: bytes('[1 2]'), replies: ['expected separator in list'] },
  { name: 'a number as key', bytes: bytes('{1:2}'), replies: ['key is not a string in object'] },
  { name: 'an object as key', bytes: bytes('{{}:2}'), replies: ['key is not a string in object'] },
  { name: 'a key twice', bytes: bytes('{"id":1,"id":2}'), replies: ['duplicate key'] },
  {
    name: 'invalid UTF-8 in a complete string',
    bytes: bytes('{"execute":"', 0xc3, 0x28, '"}', PING),
    replies: ['invalid UTF-8 sequence in string', 'ok'],
  },
  {
    name: 'an overlong sequence',
    bytes: bytes('{"id":"', 0xc0, 0xaf, '"}'),
    replies: ['invalid UTF-8 sequence in string'],
  },
  {
    name: 'a raw surrogate',
    bytes: bytes('{"id":"', 0xed, 0xa0, 0x80, '"}'),
    replies: ['invalid UTF-8 sequence in string'],
  },
  { name: 'a noncharacter', bytes: bytes('{"id":"\uffff"}'), replies: ['invalid UTF-8 sequence in string'] },
  {
    name: 'beyond U+10FFFF',
    bytes: bytes('{"id":"', 0xf4, 0x90, 0x80, 0x80, '"}'),
    replies: ['invalid UTF-8 sequence in string'],
  },
  {
    name: 'a sequence cut short by the quote',
    bytes: bytes('{"id":"', 0xe2, 0x82, '"}'),
    replies: ['invalid UTF-8 sequence in string'],
  },
  {
    name: 'a lone surrogate escape',
    bytes: bytes('{"id":"\\ud83d"}'),
    replies: ['\\ud83d is not a valid Unicode character'],
  },
  {
    name: 'a lone trailing surrogate escape',
    bytes: bytes('{"id":"\\udc00"}'),
    replies: ['\\udc00 is not a valid Unicode character'],
  },
  {
    name: 'a surrogate escape and another letter',
    bytes: bytes('{"id":"\\ud83d\\u0041"}'),
    replies: ['\\ud83d is not a valid Unicode character'],
  },
  {
    name: 'a bad hexadecimal escape',
    bytes: bytes('{"id":"\\u00zz"}'),
    replies: ['\\u00zz is not a valid Unicode character'],
  },
  {
    name: 'an escaped noncharacter',
    bytes: bytes('{"id":"\\uffff"}'),
    replies: ['\\uffff is not a valid Unicode character'],
  },
  { name: 'an unknown escape', bytes: bytes('{"id":"a\\qb"}'), replies: ['invalid escape sequence in string'] },
  { name: 'a newline inside a string', bytes: bytes('{"id":"a\nb"}'), replies: ["stray '\"a\n'", 'expecting value'] },
  { name: 'a TAB inside a string', bytes: bytes('{"id":"a\tb"}'), replies: ["stray '\"a\t'", 'expecting value'] },
  {
    name: 'a leading zero',
    bytes: bytes('{"execute":"guest-sync","arguments":{"id":01}}'),
    replies: ["stray '01'", 'expecting value', 'expecting value'],
  },
  { name: 'digits after a leading zero are skipped', bytes: bytes('012 ', PING), replies: ["stray '01'", 'ok'] },
  { name: 'zero with an exponent', bytes: bytes('{"id":0e1}'), replies: ['expected separator in dict'] },
  { name: 'a plus sign', bytes: bytes('{"id":+1}'), replies: ["stray '+'", 'expecting value'] },
  { name: 'a minus sign alone', bytes: bytes('-x\n'), replies: ["stray '-x'"] },
  { name: 'a fraction without digits', bytes: bytes('1.x\n'), replies: ["stray '1.x'"] },
  { name: 'an exponent without digits', bytes: bytes('[1e]'), replies: ["stray '1e]'"] },
  { name: 'hexadecimal', bytes: bytes('[0x10]'), replies: ['expected separator in list'] },
  { name: 'interpolation', bytes: bytes('%d\n'), replies: ["stray '%'"] },
  {
    name: 'brackets closed crosswise',
    bytes: bytes('{"a":[1}', ']}'),
    replies: ['expected separator in list', 'expecting value'],
  },
];
