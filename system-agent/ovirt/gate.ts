import type { JsonObject } from '#shared/json/value.ts';
import { commands } from './commands/index.ts';

/**
 * May this command run now? Undefined means yes; a string is the reason that the log tells.
 * @param args of the request, unchecked as the host sent them
 */
export type Gate = (commandName: string, args?: JsonObject) => string | undefined;

/** Lets through what only reads. */
export const demoGate: Gate = (commandName) =>
  commands.some(({ name, readOnly }) => name === commandName && readOnly) ? undefined : 'refused in demo mode';
