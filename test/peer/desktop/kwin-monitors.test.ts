import { describe } from 'node:test';
import { needsKWin } from '#test/support/desktop/kwin.ts';
import { here } from '#test/support/desktop/release.ts';
import { without } from '#test/support/programs.ts';
import { kwinMonitorCases } from './cases/kwin-monitors.ts';

describe('monitors of KWin', { skip: needsKWin || without('gdbus') }, () => kwinMonitorCases(() => here));
