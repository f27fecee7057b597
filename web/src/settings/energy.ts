/** Rules for models at home, in words. Pure. */

/** As `[[local]]` of the configuration has it. */
export interface LocalRule {
  name: string;
  provider: string[];
  host: string[];
  service: string[];
  model: string[];
  machine: string | null;
  price: { input: number; output: number; cache_read: number | null } | null;
  energy: EnergyRule | null;
  amortisation: {
    price: number;
    years: number | null;
    hours_per_day: number | null;
    tokens: number | null;
  } | null;
}

export interface EnergyRule {
  watts: number | null;
  prometheus: { url: string; query: string } | null;
  home_assistant: { url: string; entity: string } | null;
  shelly: { url: string } | null;
  tasmota: { url: string } | null;
  idle_watts: number;
  idle_share: number;
  tariff: number | { price: number; hours: string | null; from: string | null }[];
  zone: string;
}

/** Which calls a rule is for. */
export function fits(rule: LocalRule): string {
  const parts = (['provider', 'host', 'service', 'model'] as const).flatMap((key) =>
    rule[key].length > 0 ? [`${key} ${rule[key].join(' or ')}`] : [],
  );
  return parts.length > 0 ? parts.join(', ') : 'every call that runs at home';
}

/** Where the watts come from. */
export function sources(energy: EnergyRule): string {
  const meter = energy.prometheus
    ? `read from Prometheus (${energy.prometheus.query})`
    : energy.home_assistant
      ? `read from Home Assistant (${energy.home_assistant.entity})`
      : energy.shelly
        ? `read from a Shelly (${energy.shelly.url})`
        : energy.tasmota
          ? `read from a Tasmota (${energy.tasmota.url})`
          : '';
  const fixed = energy.watts === null ? '' : `${energy.watts} W${meter ? ' where nothing was read' : ''}`;
  const idle = energy.idle_watts > 0 ? `${energy.idle_watts} W when idle` : '';
  return [meter, fixed, idle].filter(Boolean).join(', ') || 'not said';
}

export function tariffText(tariff: EnergyRule['tariff'], currency: string, zone: string): string {
  if (typeof tariff === 'number') return `${tariff} ${currency} per kWh`;
  const rows = tariff.map(
    ({ price, hours, from }) => `${price}${hours ? ` at ${hours}` : ''}${from ? ` from ${from}` : ''}`,
  );
  return `${rows.join(', ')} ${currency} per kWh (${zone})`;
}

export const EXAMPLE = `[[local]]
name = "workstation"
host = ["gpu.lan:11434"]

[local.energy]
watts = 360
idle_watts = 60
tariff = [{ price = 0.36 }, { price = 0.24, hours = "22:00-06:00" }]
zone = "Europe/Berlin"`;
