import path from 'node:path';

/** The checkout's top folder. */
export const root = path.resolve(import.meta.dirname, '..');
