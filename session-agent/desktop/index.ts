import type { DesktopBackend } from './backend.ts';
import { x11 } from './x11/backend.ts';

/** From specific to general. */
export const backends: readonly DesktopBackend[] = [x11];
