import type { Answer } from '#protocol/control/message.ts';
import type { Config } from '../config/config.ts';
import type { Problem } from '../config/findings.ts';
import type { LifecycleEvent } from '../lifecycle/lifecycle.ts';

/** A fact, or why it cannot be seen from here. */
export type Known<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

export interface PortFact {
  /** `vport1p1`. */
  readonly node: string;
  /** As the host calls it; empty without. */
  readonly name: string;
}

export interface ProcessFact {
  readonly pid: number;
  /** Name of the program, cut to 15 characters by the kernel. */
  readonly name: string;
}

/** A port's node and who has it open. */
export interface HolderFact {
  readonly node: string;
  readonly holders: readonly ProcessFact[];
}

export interface UnitFact {
  /** `active`, `inactive`, `failed`, ...; undefined: the unit is not loaded. */
  readonly active: string | undefined;
  /** `enabled`, `disabled`, `static`, ...; undefined: there is no such unit. */
  readonly file: string | undefined;
}

export interface ClockFact {
  /** Seconds since 1970. */
  readonly now: number;
  /** Of the machine's own clock; undefined without one, or when it keeps local time. */
  readonly hardware: number | undefined;
  /** When this program was built, as its file says. */
  readonly built: number | undefined;
}

export interface HookFact {
  /** When it runs. */
  readonly of: 'freeze' | LifecycleEvent;
  readonly path: string;
  /** Why it would not be run; undefined when it would. */
  readonly objection: string | undefined;
}

/** Everything that the checks judge, gathered without changing or starting anything (S3). */
export interface Facts {
  readonly isRoot: boolean;
  /** Of this program, the installed one. */
  readonly installed: { readonly version: string; readonly commit: string };
  readonly config: Config;
  /** What is wrong with the configuration, ours and that of the replaced agents. */
  readonly problems: readonly Problem[];
  /** Programs of the administrator that are there now. */
  readonly hooks: Known<readonly HookFact[]>;
  /** The answer of the running agent. */
  readonly agent: Known<Answer>;
  /** All virtio-serial ports; undefined when the kernel has no driver for them. */
  readonly ports: readonly PortFact[] | undefined;
  readonly holders: Known<readonly HolderFact[]>;
  readonly uinput: { readonly driver: boolean; readonly node: boolean };
  readonly bus: Known<{ readonly logind: boolean }>;
  readonly unit: Known<UnitFact>;
  readonly guard: {
    /** The program that thaws when the agent cannot is installed. */
    readonly program: boolean;
    /** Where systemd starts it. */
    readonly socket: Known<UnitFact>;
  };
  readonly clock: ClockFact;
  readonly originals: {
    /** Of the package database. */
    readonly packages: readonly string[];
    readonly running: readonly ProcessFact[];
  };
}
