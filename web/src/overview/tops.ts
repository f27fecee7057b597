/** Which lists of large groups stand beside that of the models. Pure. */
import type { TopEntry, TopLists } from '../api/types';

export interface TopChoice {
  title: string;
  field: string;
  entries: TopEntry[];
  /** What stands for calls that carry no value. */
  none: string;
}

/** Those in which anything has a name; services, which every call has, in any case. */
export function secondLists(top: TopLists): TopChoice[] {
  const lists: TopChoice[] = [
    { title: 'Top features', field: 'feature', entries: top.features, none: 'no feature' },
    { title: 'Top workflows', field: 'workflow', entries: top.workflows, none: 'no workflow' },
    { title: 'Top teams', field: 'team', entries: top.teams, none: 'no team' },
    { title: 'Top services', field: 'service', entries: top.services, none: 'no service' },
  ];
  return lists.filter(
    (list) => list.field === 'service' || list.entries.some((entry) => entry.name !== null),
  );
}

/** The one that the URL names, else the first. */
export function secondNamed(lists: TopChoice[], name: string | null): TopChoice {
  const found = lists.find((list) => list.field === name) ?? lists[0];
  return found ?? { title: 'Top services', field: 'service', entries: [], none: 'no service' };
}
