/** Asks the API. Every failure becomes an [`ApiError`] that says what happened and what to do. */
import { takeEarly } from './early';
import type { ErrorBody, Position } from './types';

export class ApiError extends Error {
  constructor(
    /** The API's stable code, or `unreachable` when there was no answer. */
    readonly code: string,
    message: string,
    readonly hint: string,
    /** Of a fault in a statement: where. */
    readonly position?: Position,
  ) {
    super(message);
  }
}

async function asError(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as ErrorBody;
    return new ApiError(error.code, error.message, error.hint, error.position);
  } catch {
    const message = `the server answered ${response.status} ${response.statusText}`.trim();
    return new ApiError('internal', message, 'Look into the log of Tracemeter for the reason.');
  }
}

/** Called when the server says that nobody is signed in. */
export const lost: { call: () => void } = { call: () => undefined };

/** Content cannot be searched here: what is typed then searches names. */
let searchOff = false;

function namesOnly(params: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(params);
  const words = next.get('search')?.replace(/[*"]/g, '').trim();
  next.delete('search');
  if (words) next.set('q', words);
  return next;
}

/** Waits for an answer; every way to have none becomes an [`ApiError`]. */
async function answered(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    const url = `/api/v1/${path}`;
    response = (init.method ? null : await takeEarly(url)) ?? (await fetch(url, init));
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiError(
      'unreachable',
      'Tracemeter does not answer',
      'Check that it is running and that this machine can reach it. The page keeps what it has.',
    );
  }
  if (!response.ok) {
    const error = await asError(response);
    if (error.code === 'login_required') lost.call();
    throw error;
  }
  return response;
}

/**
 * Changes or asks something by `POST`, `PUT` or `DELETE` of `/api/v1/<path>`; `body` is sent as JSON, a file as it is.
 * The header shows that the request is this page's own.
 */
export async function change<T>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: object | Blob,
  signal?: AbortSignal,
): Promise<T> {
  const file = body instanceof Blob;
  const response = await answered(path, {
    method,
    signal: signal ?? null,
    headers: {
      accept: 'application/json',
      'x-tracemeter': '1',
      ...(body && !file && { 'content-type': 'application/json' }),
    },
    body: file ? body : body ? JSON.stringify(body) : null,
  });
  return (response.status === 204 ? null : await response.json()) as T;
}

/** A file that `POST` of `/api/v1/<path>` answers with. */
export async function fetchFile(path: string, body: object): Promise<Blob> {
  const headers = { 'content-type': 'application/json', 'x-tracemeter': '1' };
  const response = await answered(path, { method: 'POST', headers, body: JSON.stringify(body) });
  return response.blob();
}

/** The answer of `GET /api/v1/<path>`. */
export async function get<T>(path: string, params: URLSearchParams, signal?: AbortSignal): Promise<T> {
  const query = (searchOff ? namesOnly(params) : params).toString();
  try {
    const asked = `${path}${query ? `?${query}` : ''}`;
    const response = await answered(asked, {
      signal: signal ?? null,
      headers: { accept: 'application/json' },
    });
    return (await response.json()) as T;
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.code !== 'search_off' || searchOff) throw thrown;
    searchOff = true;
    return get<T>(path, params, signal);
  }
}

/** What to show for anything that was thrown. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiError('internal', message, 'This is a fault of the page: reload it.');
}
