import type { Plan, Scene } from './scene.ts';

/** The displays at one moment, as one compositor has told them. */
export interface Sight {
  readonly scene: Scene;
  /**
   * Asks for another layout, based on this sight.
   * @returns 'stale' when the displays are not what they were when they were looked at; nothing was changed then
   * @throws {AgentError} when the compositor does not do it
   */
  apply(plan: Plan): Promise<'done' | 'stale'>;
}

/** One compositor's way of telling and changing its displays. */
export interface Arranger extends Disposable {
  /** @throws {AgentError} */
  look(): Promise<Sight>;
  onChange(listener: () => void): Disposable;
  /** Resolves with the reason when nothing can be told or changed any more. */
  readonly ended?: Promise<string>;
}
