import type { Command } from '../command.ts';
import { apiVersion } from './api-version.ts';
import { echo } from './echo.ts';
import { hibernate } from './hibernate.ts';
import { lifecycleEvent } from './lifecycle-event.ts';
import { lockScreen } from './lock-screen.ts';
import { logOff } from './log-off.ts';
import { login } from './login.ts';
import { refresh } from './refresh.ts';
import { setNumberOfCpus } from './set-number-of-cpus.ts';
import { shutdown } from './shutdown.ts';

export const commands: readonly Command[] = [
  apiVersion,
  echo,
  hibernate,
  lifecycleEvent,
  lockScreen,
  logOff,
  login,
  refresh,
  setNumberOfCpus,
  shutdown,
];
