import { commands } from './commands/index.ts';

/** May this command run now? Undefined means yes; a string is the reason that the log tells. */
export type Gate = (commandName: string) => string | undefined;

/** Lets through what only reads. */
export const demoGate: Gate = (commandName) =>
  commands.some(({ name, readOnly }) => name === commandName && readOnly) ? undefined : 'refused in demo mode';
