import { expect, it } from 'vitest';
import type { FailureItem, WorkflowItem } from '../api/types';
import { failedText, looked, ofWorkflow, ordered, runsUrl, usedText, whatFailed } from './figures';

const flow = (workflow: string, runs: number, failures = 0) =>
  ({ workflow, runs, failures, told: true, last_run: '2026-11-20T12:00:00Z' }) as WorkflowItem;

it('orders rows by what the URL says', () => {
  const some = [flow('b', 5), flow('a', 50, 1)];
  const names = (order: string) => ordered(some, order, ofWorkflow).map((one) => one.workflow);
  expect(names('')).toEqual(['b', 'a']);
  expect(names('name')).toEqual(['a', 'b']);
  expect(names('runs')).toEqual(['a', 'b']);
  expect(names('failed')).toEqual(['a', 'b']);
});

it('says how many failed, or nothing', () => {
  expect(failedText(0, 9)).toBe('');
  expect(failedText(2, 40)).toBe('2 (5.0%)');
});

it('names who uses what', () => {
  expect(usedText([], 'nobody')).toBe('');
  expect(
    usedText(
      ['a', 'b', null, 'd'].map((name, uses) => ({ name, uses: uses + 1 })),
      'no agent',
    ),
  ).toBe('a 1, b 2, no agent 3, 1 more');
});

it('says what is known of some traces only', () => {
  expect(looked(5, true)).toBe('');
  expect(looked(500, false)).toBe('Looked up in the newest 500 traces with a tool.');
});

it('leads to the runs of a workflow', () => {
  const params = new URLSearchParams('range=7d&open=x');
  expect(runsUrl(params, flow('trips', 1))).toBe('/traces?range=7d&workflow=trips');
  expect(runsUrl(params, { workflow: 'a b', told: false }, { status: 'error' })).toBe(
    '/traces?range=7d&kind=workflow&q=name%3A%22a+b%22&status=error',
  );
});

it('names the cause', () => {
  const failure = { name: 'execute', tool: null, model: null, node: 'Fetch' } as FailureItem;
  expect(whatFailed(failure)).toBe('Fetch');
  expect(whatFailed({ ...failure, tool: 'search' })).toBe('search');
});
