import { describe, expect, it } from 'vitest';
import { filtersOf, grouped } from './attributes';
import { call, span } from './sample-spans';

const one = span('a', null, 0, 1, {
  attributes: {
    'gen_ai.usage.input_tokens': 5,
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.request.temperature': 0.2,
    'http.route': '/chat',
  },
  call: call(0.1),
  session: 's-1',
});

describe('attributes', () => {
  it('stand in groups', () => {
    const titles = grouped(one, { 'service.name': 'svc' }, '').map(
      (group) => `${group.title}: ${group.entries.map(([key]) => key)}`,
    );
    expect(titles).toEqual([
      'Usage and cost: gen_ai.usage.input_tokens',
      'Model: gen_ai.request.model',
      'Request: gen_ai.request.temperature',
      'Other: http.route',
      'Resource: service.name',
    ]);
  });

  it('are found by key and value', () => {
    expect(grouped(one, {}, 'GPT').flatMap((group) => group.entries)).toEqual([
      ['gen_ai.request.model', 'gpt-4o'],
    ]);
    expect(grouped(one, {}, 'nothing like it')).toEqual([]);
  });

  it('lead to filters', () => {
    expect(filtersOf(one)).toEqual([
      { field: 'model', value: 'gpt-4o-mini' },
      { field: 'provider', value: 'openai' },
      { field: 'service', value: 'svc' },
      { field: 'session', value: 's-1' },
      { field: 'operation', value: 'chat' },
    ]);
  });
});
