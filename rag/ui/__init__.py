"""The chat in the browser: Streamlit pages and two small components. The only folder that imports streamlit."""
