/** How an image, sound or file of a message is shown. Pure. */
import type { Part } from '../api/types';

type Media = Extract<Part, { type: 'media' }>;

export type MediaView =
  /** Only its description is known: it was small, or is somewhere else. */
  { kind: 'named' } | { kind: 'dropped' } | { kind: 'image' | 'audio' | 'file'; url: string };

/** What browsers show; the server sends anything else as a download of unknown bytes. */
const IMAGES = /^image\/(png|jpe?g|gif|webp|avif)$/;
const SOUNDS = /^audio\/(wav|x-wav|wave|mpeg|mp3|ogg|opus|flac|x-flac|mp4|m4a|x-m4a|aac|webm)$/;

export function mediaView(piece: Media): MediaView {
  if (piece.media === null) return { kind: 'named' };
  if (piece.dropped) return { kind: 'dropped' };
  const url = `/api/v1/media/${piece.media}`;
  const type = piece.mime_type ?? '';
  if (IMAGES.test(type)) return { kind: 'image', url };
  if (SOUNDS.test(type)) return { kind: 'audio', url };
  return { kind: 'file', url };
}
