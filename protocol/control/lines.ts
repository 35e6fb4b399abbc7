import { ByteCollector } from '#shared/bytes/collector.ts';
import { AgentError } from '#shared/errors.ts';

const LF = 0x0a;

/** Lines of UTF-8 text ended by one LF each, from a byte stream that is cut anywhere. */
export class LineReader {
  readonly #line: ByteCollector;

  /** @param maxBytes of one line without its LF */
  constructor(private readonly maxBytes: number) {
    this.#line = new ByteCollector(maxBytes);
  }

  /**
   * @returns the lines that are complete now
   * @throws {AgentError} 'malformed' for a line beyond the limit; the stream is of no use then
   */
  push(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, from)) {
      this.#add(bytes.subarray(from, end));
      lines.push(this.#line.take().toString('utf8'));
      from = end + 1;
    }
    this.#add(bytes.subarray(from));
    return lines;
  }

  #add(part: Uint8Array): void {
    if (this.#line.length + part.length > this.maxBytes) {
      throw new AgentError('malformed', `a line of more than ${this.maxBytes} bytes`);
    }
    this.#line.add(part);
  }
}
