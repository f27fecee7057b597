/** Asks the API. Every failure becomes an [`ApiError`] that says what happened and what to do. */
import type { ErrorBody } from './types';

export class ApiError extends Error {
  constructor(
    /** The API's stable code, or `unreachable` when there was no answer. */
    readonly code: string,
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

async function asError(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as ErrorBody;
    return new ApiError(error.code, error.message, error.hint);
  } catch {
    const message = `the server answered ${response.status} ${response.statusText}`.trim();
    return new ApiError('internal', message, 'Look into the log of Tracemeter for the reason.');
  }
}

/** Content cannot be searched here: what is typed then searches names. */
let searchOff = false;

function namesOnly(params: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(params);
  const words = next.get('search')?.replace(/[*"]/g, '').trim();
  next.delete('search');
  if (words) next.set('q', words);
  return next;
}

/** Changes something: `PUT` or `DELETE` of `/api/v1/<path>`. The header shows that the request is this page's own. */
export async function change<T>(method: 'PUT' | 'DELETE', path: string, body?: object): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json', 'x-tracemeter': '1' },
      body: body ? JSON.stringify(body) : null,
    });
  } catch {
    throw new ApiError(
      'unreachable',
      'Tracemeter does not answer',
      'Check that it is running, then try again.',
    );
  }
  if (!response.ok) throw await asError(response);
  return (await response.json()) as T;
}

/** The answer of `POST /api/v1/<path>` to a file. */
export async function send<T>(path: string, params: URLSearchParams, file: Blob): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}?${params.toString()}`, {
      method: 'POST',
      headers: { accept: 'application/json', 'x-tracemeter': '1' },
      body: file,
    });
  } catch {
    throw new ApiError('unreachable', 'The file could not be sent', 'Check that Tracemeter is running.');
  }
  if (!response.ok) throw await asError(response);
  return (await response.json()) as T;
}

/** The answer of `GET /api/v1/<path>`. */
export async function get<T>(path: string, params: URLSearchParams, signal?: AbortSignal): Promise<T> {
  const query = (searchOff ? namesOnly(params) : params).toString();
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}${query ? `?${query}` : ''}`, {
      signal: signal ?? null,
      headers: { accept: 'application/json' },
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(
      'unreachable',
      'Tracemeter does not answer',
      'Check that it is running and that this machine can reach it. The page keeps what it has.',
    );
  }
  if (!response.ok) {
    const error = await asError(response);
    if (error.code !== 'search_off' || searchOff) throw error;
    searchOff = true;
    return get<T>(path, params, signal);
  }
  return (await response.json()) as T;
}

/** What to show for anything that was thrown. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiError('internal', message, 'This is a fault of the page: reload it.');
}
