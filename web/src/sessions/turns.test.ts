import { describe, expect, it } from 'vitest';
import { failures, runningCost, shownParts, stepIcon, stepsText, toolText, whyEmpty } from './turns';

describe('a turn', () => {
  it('shows what is read or looked at', () => {
    const message = {
      ...{ role: 'user', name: null, finish_reason: null },
      parts: [
        { type: 'text' as const, text: 'hi' },
        { type: 'reasoning' as const, text: 'hm' },
      ],
    };
    expect(shownParts(message)).toEqual([{ type: 'text', text: 'hi' }]);
    expect(shownParts(null)).toEqual([]);
  });

  it('says why there is nothing to read', () => {
    expect(whyEmpty({ without: null })).toBeNull();
    expect(whyEmpty({ without: 'dropped' })).toContain('left out');
    expect(whyEmpty({ without: 'not sent' })).toContain('sent no content');
  });

  it('sums its steps up', () => {
    const step = (kind: string, name: string) => ({ kind, name });
    const steps = [
      step('call', 'sonnet'),
      step('tool', 'Bash'),
      step('tool', 'Bash'),
      step('call', 'sonnet'),
    ];
    expect(stepsText(steps)).toBe('2 calls, Bash ×2');
    expect(stepsText([step('prompt', ''), step('prompt', ''), step('tool', 'Edit')])).toBe('2 prompts, Edit');
    expect(stepsText([step('note', 'no more retries')])).toBe('1 step');
  });

  it('counts what failed or was not allowed', () => {
    expect(
      failures([
        { error: 'HTTP 429', decision: null },
        { error: null, decision: 'rejected by user' },
        { error: null, decision: 'accepted by config' },
      ]),
    ).toBe(2);
    expect(stepIcon({ kind: 'call', error: 'HTTP 429' })).toBe('error');
    expect(stepIcon({ kind: 'note', error: null })).toBe('info');
  });

  it('counts tools', () => {
    expect(toolText({ name: 'search', runs: 3, failed: 0 })).toBe('search ×3');
    expect(toolText({ name: 'book', runs: 1, failed: 1 })).toBe('book (1 failed)');
  });

  it('adds up what the session has cost so far', () => {
    const turn = (cost_usd: number | null) => ({ cost_usd });
    expect(runningCost([turn(null), turn(0.5), turn(null), turn(0.25)])).toEqual([null, 0.5, 0.5, 0.75]);
  });
});
