import { describe, expect, it } from 'vitest';
import { mediaView } from './media';

const piece = (more: object) => ({
  type: 'media' as const,
  modality: 'image',
  mime_type: 'image/png',
  uri: null,
  inline_bytes: 9000,
  media: 'ab',
  dropped: false,
  ...more,
});

describe('mediaView', () => {
  it('shows what browsers show', () => {
    expect(mediaView(piece({}))).toEqual({ kind: 'image', url: '/api/v1/media/ab' });
    expect(mediaView(piece({ mime_type: 'audio/mpeg' })).kind).toBe('audio');
  });

  it('offers anything else as a download', () => {
    for (const mime_type of ['image/svg+xml', 'text/html', 'application/pdf', 'audio/pcm', null])
      expect(mediaView(piece({ mime_type })).kind).toBe('file');
  });

  it('says what is gone and names what is elsewhere', () => {
    expect(mediaView(piece({ dropped: true })).kind).toBe('dropped');
    expect(mediaView(piece({ media: null })).kind).toBe('named');
  });
});
