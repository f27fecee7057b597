import { describe, expect, it } from 'vitest';
import { marked, moved } from './brush';

describe('the brush', () => {
  it('starts at the edge it comes from and stays inside', () => {
    expect(moved(null, 'ArrowRight', false, 5)).toEqual({ at: 0, from: 0 });
    expect(moved(null, 'ArrowLeft', false, 5)).toEqual({ at: 4, from: 4 });
    expect(moved({ at: 4, from: 4 }, 'ArrowRight', false, 5)).toEqual({ at: 4, from: 4 });
    expect(moved({ at: 1, from: 1 }, 'End', false, 5)).toEqual({ at: 4, from: 4 });
    expect(moved({ at: 1, from: 1 }, 'Enter', false, 5)).toBeNull();
    expect(moved(null, 'ArrowRight', false, 0)).toBeNull();
  });

  it('marks a stretch with Shift', () => {
    expect(moved({ at: 2, from: 2 }, 'ArrowRight', true, 5)).toEqual({ at: 3, from: 2 });
    expect(moved({ at: 3, from: 2 }, 'Home', true, 5)).toEqual({ at: 0, from: 2 });
  });

  it('reaches from the start of the first column to the end of the last', () => {
    const starts = [100, 160, 220];
    expect(marked({ at: 0, from: 1 }, starts, 60)).toEqual([100, 220]);
    expect(marked({ at: 2, from: 2 }, starts, 60)).toEqual([220, 280]);
  });
});
