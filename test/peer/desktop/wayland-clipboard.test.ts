import { describe } from 'node:test';
import { needsSway, startSway } from '#test/support/desktop/sway.ts';
import { clipboardCases } from './cases/clipboard.ts';

describe('the clipboard of a wlroots compositor with real applications', { skip: needsSway }, () => {
  clipboardCases(startSway, 'wlr-data-control');
});
