import { mount } from 'svelte';
import App from './App.svelte';
import { loadCurrency } from './format/currency.svelte';
import { interceptLinks } from './state/location.svelte';
import './styles/tokens.css';
import './styles/base.css';

interceptLinks();
void loadCurrency();
mount(App, { target: document.getElementById('app') as HTMLElement });
