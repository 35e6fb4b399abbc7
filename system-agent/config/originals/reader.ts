import { type AssignmentsOf, readAssignments } from '#shared/config/assignments.ts';
import { messageOf } from '#shared/errors.ts';
import type { Files } from '../files.ts';
import type { Findings, Place } from '../findings.ts';

/** What to make of something that cannot be read or understood in a file of an original. */
export type Doubt = (place: Place, why: string, key?: string) => void;

/** The files of one original. What `doubt` does with a doubtful one depends on whether the file can restrict hosts. */
export class OriginalFiles {
  constructor(
    private readonly files: Files,
    private readonly findings: Findings,
    private readonly doubt: Doubt,
  ) {}

  /**
   * A file that others than root may write sets nothing from then on, but still restricts.
   * @returns undefined when there is none, or none that can be read
   */
  read(file: string): string | undefined {
    try {
      const content = this.files.read(file);
      if (content === undefined) return undefined;
      this.findings.files.push(file);
      if (content.untrusted !== undefined) {
        this.findings.distrust(file);
        this.doubt(file, `the file ${content.untrusted}`);
      }
      return content.text;
    } catch (error) {
      this.doubt(file, messageOf(error));
      return undefined;
    }
  }

  /** Paths of the entries of a folder, sorted by name; none if it is missing. */
  list(folder: string): string[] {
    try {
      return this.files.list(folder).map((name) => `${folder}/${name}`);
    } catch (error) {
      this.doubt(folder, messageOf(error));
      return [];
    }
  }

  exists(path: string): boolean {
    return this.files.exists(path);
  }

  /** Variables of a file of assignments; undefined when there is none. */
  variables(file: string, of: AssignmentsOf): Variables | undefined {
    const text = this.read(file);
    if (text === undefined) return undefined;
    const variables = new Map<string, Variable>();
    for (const assignment of readAssignments(text, of)) {
      const place = `${file}:${assignment.line}`;
      if ('wrong' in assignment) this.doubt(place, assignment.wrong);
      else variables.set(assignment.name, { value: assignment.value, place });
    }
    return variables;
  }
}

export interface Variable {
  readonly value: string;
  readonly place: Place;
}

export type Variables = ReadonlyMap<string, Variable>;
