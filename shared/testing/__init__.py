"""What tests are written with: given/when/then over deciders, and stores and buses in memory."""
