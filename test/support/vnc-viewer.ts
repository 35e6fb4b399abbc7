import { connect, type Socket } from 'node:net';
import { inflateSync } from 'node:zlib';
import { until } from './until.ts';

/** Messages of the client. Source: RFC 6143, 7.5. */
const SET_ENCODINGS = 2;
const CLIENT_CUT_TEXT = 6;
/** The only message of the server that comes unasked. Source: RFC 6143, 7.6.4. */
const SERVER_CUT_TEXT = 3;
const HEADER_BYTES = 8;
/** The server's part of the opening: version; security types; result; then size and pixel format with the name's length. */
const OPENING = { version: 12, security: 2, result: 4, initialisation: 24 };
const RAW = 0;

/** The extended clipboard: a negative length, then flags. Source: rfbproto, "Extended Clipboard Pseudo-Encoding". */
const EXTENDED_CLIPBOARD = -0x3f5e_1a32;
const TEXT = 1;
const REQUEST = 1 << 25;
const NOTIFY = 1 << 27;
const PROVIDE = 1 << 28;

/** A VNC viewer as far as its clipboard goes, for a server that asks for no password. It takes all that it is offered. */
export class VncViewer implements Disposable {
  /** Texts that the server has given. */
  readonly texts: string[] = [];
  #heard = Buffer.alloc(0);

  private constructor(private readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, bytes]);
    });
    socket.on('error', () => {}); // it shows in what is not heard
  }

  static async open(file: string): Promise<VncViewer> {
    const viewer = new VncViewer(connect(file));
    const { socket } = viewer;
    await viewer.#take(OPENING.version);
    socket.write('RFB 003.008\n');
    await viewer.#take(OPENING.security);
    socket.write(Uint8Array.of(1)); // no security
    await viewer.#take(OPENING.result);
    socket.write(Uint8Array.of(1)); // shared
    const initialisation = await viewer.#take(OPENING.initialisation);
    await viewer.#take(initialisation.readUInt32BE(OPENING.initialisation - 4));
    const encodings = Buffer.from([SET_ENCODINGS, 0, 0, 2, 0, 0, 0, RAW, 0, 0, 0, 0]);
    encodings.writeInt32BE(EXTENDED_CLIPBOARD, 8);
    socket.write(encodings);
    socket.on('data', () => viewer.#readAll());
    viewer.#readAll();
    return viewer;
  }

  /** The person at the viewer copies Latin-1 text. */
  copy(text: string): void {
    this.#cutText(text.length, Buffer.from(text, 'latin1'));
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  async #take(length: number): Promise<Buffer> {
    await until(() => this.#heard.length >= length, `${length} bytes from the VNC server`);
    const taken = this.#heard.subarray(0, length);
    this.#heard = this.#heard.subarray(length);
    return taken;
  }

  #readAll(): void {
    while (this.#heard.length >= HEADER_BYTES) {
      if (this.#heard[0] !== SERVER_CUT_TEXT) throw new Error(`VNC message ${this.#heard[0]} was not asked for`);
      const length = this.#heard.readInt32BE(4);
      const end = HEADER_BYTES + Math.abs(length);
      if (this.#heard.length < end) return;
      const body = this.#heard.subarray(HEADER_BYTES, end);
      this.#heard = this.#heard.subarray(end);
      if (length < 0) this.#extended(body.readUInt32BE(0), body.subarray(4));
    }
  }

  #extended(flags: number, content: Buffer): void {
    if ((flags & TEXT) === 0) return;
    if ((flags & NOTIFY) !== 0) {
      const request = Buffer.alloc(4);
      request.writeUInt32BE(REQUEST | TEXT);
      this.#cutText(-request.length, request);
    } else if ((flags & PROVIDE) !== 0) {
      const text = inflateSync(content); // u32 length, then the text; QEMU passes it on without the NUL it should have
      this.texts.push(text.toString('utf8', 4, 4 + text.readUInt32BE(0)));
    }
  }

  #cutText(length: number, body: Buffer): void {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(CLIENT_CUT_TEXT, 0);
    header.writeInt32BE(length, 4);
    this.socket.write(Buffer.concat([header, body]));
  }
}
