import assert from 'node:assert/strict';
import { type AgentUnit, stopAgent } from './agents.ts';
import type { Machine } from './machine.ts';
import { type Answer, QgaClient } from './qga-client.ts';

export type Question = readonly [command: string, args?: object];

/** Starts an agent, asks it, and stops it: so one guest can hear two agents. */
export async function answersBy(agent: AgentUnit, guest: Machine, questions: readonly Question[]): Promise<Answer[]> {
  await agent.start(guest.shell);
  const answers: Answer[] = [];
  {
    using host = await QgaClient.connect(guest.socketOf('qga'));
    for (const [command, args] of questions) answers.push(await host.ask(command, args));
  }
  await stopAgent(guest.shell, agent);
  return answers;
}

/** The list that an answer holds. @throws when it holds something else */
export function rowsOf(answer: Answer | undefined): Record<string, unknown>[] {
  assert.ok(Array.isArray(answer?.return), JSON.stringify(answer));
  return answer.return;
}
