import { mount } from 'svelte';
import Root from './Root.svelte';
import { account } from './state/account.svelte';
import { interceptLinks } from './state/location.svelte';
import './styles/tokens.css';
import './styles/base.css';

interceptLinks();
void account.load();
mount(Root, { target: document.getElementById('app') as HTMLElement });
