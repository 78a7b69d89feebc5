package cn.example.parking;

import android.app.Application;
import android.content.SharedPreferences;

/** Touches nothing before consent. */
public final class ParkingApplication extends Application {
    SharedPreferences settings() {
        return getSharedPreferences("settings", MODE_PRIVATE);
    }

    boolean agreed() {
        return settings().getBoolean("privacy_agreed", false);
    }
}
