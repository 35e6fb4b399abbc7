import { kdeOutputManagement } from '#protocol/wayland/kde-output.ts';
import { wlrOutputManager } from '#protocol/wayland/wlr-output-management.ts';
import type { MonitorsPort, PointerLayoutPort } from '../../backend.ts';
import type { Way } from '../way.ts';
import { arrangerWay } from './arranger-way.ts';
import { OutputManagement } from './kwin/output-management.ts';
import { DisplayConfig } from './mutter/display-config.ts';
import { OutputManager } from './wlroots/output-manager.ts';

/** Best first. Mutter's name on the bus is the last: compositors that are not made of it own it too. */
export const monitorWays: readonly Way<MonitorsPort & PointerLayoutPort>[] = [
  arrangerWay('wlr-output-management', [wlrOutputManager.name], OutputManager.open),
  arrangerWay("KWin's output management", [kdeOutputManagement.name], OutputManagement.open),
  arrangerWay("Mutter's DisplayConfig", [], DisplayConfig.open),
];
