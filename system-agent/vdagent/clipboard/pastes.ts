import type { Link } from '#protocol/ipc/link.ts';
import type { ClipboardAnswer, Selection } from '#protocol/ipc/messages/clipboard.ts';
import { contentAnswer, refusal } from '#protocol/ipc/messages/clipboard-answer.ts';
import type { Content } from '#shared/bytes/flow.ts';

interface Paste {
  readonly link: Link;
  readonly maxBytes: number;
  /** The application's agent takes short content in the answer. */
  readonly direct: boolean | undefined;
  readonly signal: AbortSignal;
}

interface PasteRules {
  readonly answerMs: number;
  /** Content is arriving: the client is slow, not silent. */
  isUnderway(): boolean;
  silent(selection: Selection, id: number): void;
  cancelled(selection: Selection, paste: number): void;
}

/** A client that sends one byte now and then is not waited for for ever. */
const MAX_EXTENSIONS = 60;

/** Applications of the session that wait for the client's content, and how long that is waited for. */
export class Pastes {
  readonly #rules: PasteRules;
  readonly #waiting = new Map<number, (data: Content | undefined) => void>();
  readonly #deadlines = new Map<string, NodeJS.Timeout>();
  #lastId = 0;

  constructor(rules: PasteRules) {
    this.#rules = rules;
  }

  /** @param start is told the paste's number; `answer` may already be called from within */
  add(selection: Selection, wanted: Paste, start: (paste: number) => void): Promise<ClipboardAnswer> {
    const paste = ++this.#lastId;
    const { signal } = wanted;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#rules.cancelled(selection, paste);
        this.answer(paste, undefined);
      };
      this.#waiting.set(paste, (data) => {
        signal.removeEventListener('abort', onAbort);
        try {
          resolve(resultOf(wanted, data));
        } catch (error) {
          reject(error);
        }
      });
      signal.addEventListener('abort', onAbort);
      start(paste);
      if (signal.aborted) onAbort();
    });
  }

  answer(paste: number, data: Content | undefined): void {
    const settle = this.#waiting.get(paste);
    this.#waiting.delete(paste);
    settle?.(data);
  }

  /** The client was asked: it has to answer, or to be answering, within the time. */
  expect(selection: Selection, id: number): void {
    this.#wait(selection, id, MAX_EXTENSIONS);
  }

  /** Stops to wait for all other answers about this selection. */
  keepOnly(selection: Selection, ids: readonly number[]): void {
    for (const [key, deadline] of this.#deadlines) {
      if (!key.startsWith(`${selection} `) || ids.some((id) => key === keyOf(selection, id))) continue;
      clearTimeout(deadline);
      this.#deadlines.delete(key);
    }
  }

  #wait(selection: Selection, id: number, extensions: number): void {
    const deadline = setTimeout(() => {
      if (extensions > 0 && this.#rules.isUnderway()) this.#wait(selection, id, extensions - 1);
      else this.#rules.silent(selection, id);
    }, this.#rules.answerMs);
    this.#deadlines.set(keyOf(selection, id), deadline);
  }
}

function keyOf(selection: Selection, id: number): string {
  return `${selection} ${id}`;
}

function resultOf({ link, maxBytes, direct }: Paste, data: Content | undefined): ClipboardAnswer {
  if (data === undefined) return refusal('the client gave nothing');
  if (data.length > maxBytes) return refusal('the content is too long');
  return contentAnswer(link, data, direct);
}
