import { describe } from 'node:test';
import { here } from '#test/support/desktop/release.ts';
import { needsSway } from '#test/support/desktop/sway.ts';
import { swayMonitorCases } from './cases/sway-monitors.ts';

describe('monitors of sway', { skip: needsSway }, () => swayMonitorCases(() => here));
