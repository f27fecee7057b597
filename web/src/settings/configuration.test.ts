import { expect, it } from 'vitest';
import { sections, sourceText, valueText } from './configuration';

const item = (key: string, value: unknown, source = 'default', from: string | null = null) => ({
  key,
  value,
  source,
  from,
});

it('groups keys as the file does, and finds words', () => {
  const items = [
    item('data_dir', '/data', 'flag'),
    item('receive.grpc', '127.0.0.1:4317'),
    item('destination.0.url', 'https://x', 'file', '/etc/t.toml'),
    item('destination.1.url', 'https://y', 'file', '/etc/t.toml'),
  ];
  expect(sections(items, '', false).map(({ name }) => name)).toEqual([
    'top',
    'receive',
    'destination 1',
    'destination 2',
  ]);
  expect(sections(items, '', true).length).toBe(3);
  expect(sections(items, 'URL https://y', false)[0]?.items[0]?.key).toBe('destination.1.url');
});

it('writes values and sources plainly', () => {
  expect([null, [], ['a', 1], {}, { a: 1 }, true, 'x'].map((value) => valueText(item('k', value)))).toEqual([
    'not set',
    'none',
    '"a", 1',
    'none',
    '{"a":1}',
    'true',
    'x',
  ]);
  expect(sourceText(item('k', 1, 'environment', 'TRACEMETER_K'))).toBe('TRACEMETER_K');
  expect(sourceText(item('k', 1, 'file', '/etc/t.toml'))).toBe('t.toml');
});
