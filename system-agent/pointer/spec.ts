import { AgentError } from '#shared/errors.ts';

/** Where pointer events go: to a device of the system if it lets us make one, nowhere, or as records to a file. */
export type UinputSpec =
  | { readonly kind: 'auto' }
  | { readonly kind: 'off' }
  | { readonly kind: 'fake'; readonly path: string };

export const UINPUT_SYNTAX = 'auto | off | fake:PATH';

const FAKE = 'fake:';

/** @throws {AgentError} 'invalid-argument' with a sentence that names the text */
export function parseUinputSpec(text: string): UinputSpec {
  if (text === 'auto' || text === 'off') return { kind: text };
  const path = text.startsWith(FAKE) ? text.slice(FAKE.length) : '';
  if (path === '' || path.includes('\0')) {
    throw new AgentError('invalid-argument', `uinput '${text}': expected ${UINPUT_SYNTAX}`);
  }
  return { kind: 'fake', path };
}

export function formatUinputSpec(spec: UinputSpec): string {
  return spec.kind === 'fake' ? `${FAKE}${spec.path}` : spec.kind;
}
