import { describe, expect, it } from 'vitest';
import { columnsParam, DEFAULT_COLUMNS, fitting, parseColumns, toggledColumn } from './columns';

describe('the columns of the list', () => {
  it('are read from the address in their own order, always with the name', () => {
    expect(parseColumns(null)).toBeNull();
    expect(parseColumns('colour,smell')).toBeNull();
    expect(parseColumns('cost,time,colour')).toEqual(['time', 'name', 'cost']);
  });

  it('leave no trace in the address when they are the usual ones', () => {
    expect(columnsParam([...DEFAULT_COLUMNS].reverse())).toBeNull();
    expect(columnsParam(['cost', 'name'])).toBe('name,cost');
    expect(columnsParam([...DEFAULT_COLUMNS, 'team'])).toContain('team');
  });

  it('are switched on and off, but for the name', () => {
    expect(toggledColumn(['time', 'name'], 'cost')).toEqual(['time', 'name', 'cost']);
    expect(toggledColumn(['time', 'name'], 'time')).toEqual(['name']);
    expect(toggledColumn(['time', 'name'], 'name')).toEqual(['time', 'name']);
  });

  it('give way to the more important ones where it is narrow', () => {
    const ids = (width: number) => fitting(DEFAULT_COLUMNS, width, 0).map(({ id }) => id);
    expect(ids(0)).toEqual(DEFAULT_COLUMNS);
    expect(ids(1300)).toEqual(DEFAULT_COLUMNS);
    expect(ids(640)).toEqual(['time', 'name', 'calls', 'cost', 'duration']);
    expect(ids(100)).toEqual(['name']);
  });
});
