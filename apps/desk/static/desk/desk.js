// htmx, which the theme brings along, may neither evaluate strings nor add inline styles.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
